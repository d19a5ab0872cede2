// With this, messages come and go without a page being loaded. Without it the
// two frames do the same.
(function () {
  'use strict';
  if (!window.EventSource || !window.fetch || !window.URLSearchParams) return;
  document.documentElement.className = 'js';
  document.addEventListener('DOMContentLoaded', function () {
    var el = function (id) { return document.getElementById(id); };
    var lines = el('lines'), form = el('say'), text = el('text'), problem = el('problem');
    el('live').hidden = false;
    text.focus();

    function tag(name, cls, words) {
      var e = document.createElement(name);
      if (cls) e.className = cls;
      e.textContent = words;
      return e;
    }

    function add(l) {
      if (l.pause) lines.appendChild(tag('li', 'pause', l.pause));
      var li = tag('li', l.me ? 'me' : '', ''), b = tag('b', 'c' + l.hue, '');
      b.appendChild(tag('bdi', '', l.name));
      li.appendChild(b);
      li.appendChild(document.createTextNode(' '));
      li.appendChild(tag('small', '', l.tag));
      li.appendChild(document.createTextNode(' '));
      var words = tag('span', '', l.text);
      words.dir = 'auto';
      li.appendChild(words);
      lines.appendChild(li);
      while (lines.childNodes.length > 500) lines.removeChild(lines.firstChild);
    }

    var events = new EventSource('/events');
    events.onmessage = function (e) { add(JSON.parse(e.data)); };
    events.addEventListener('here', function (e) {
      problem.textContent = '';
      el('here').textContent = +e.data > 1 ? e.data + ' people are here.' : '';
    });
    events.onerror = function () {
      problem.textContent = events.readyState === EventSource.CLOSED ?
        'You are not in the room any more. Load the page again.' : 'The connection broke off. It is being made again.';
    };

    form.addEventListener('submit', function (e) {
      e.preventDefault();
      var sent = text.value, button = form.querySelector('button');
      button.disabled = true;
      fetch('/say', { method: 'POST', body: new URLSearchParams(new FormData(form)) }).then(function (r) {
        if (r.ok) {
          if (text.value === sent) text.value = '';
          problem.textContent = '';
          return '';
        }
        return r.text();
      }).then(function (words) { problem.textContent = words; }, function () {
        problem.textContent = 'It did not get through. Send it again.';
      }).then(function () {
        button.disabled = false;
        text.focus();
      });
    });
  });
})();
