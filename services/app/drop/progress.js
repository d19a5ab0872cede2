// With this, one sees how far an upload has come. Without it the form is sent
// as any other.
(function () {
  'use strict';
  if (!window.FormData || !window.DOMParser) return;
  document.addEventListener('DOMContentLoaded', bind);

  function bind() {
    var el = function (id) { return document.getElementById(id); };
    var form = el('drop'), limits = form && form.dataset;
    if (!form) return;

    function size(n) { return n < 999500 ? Math.round(n / 1000) + ' kB' : (n / 1e6).toFixed(1) + ' MB'; }

    function tooMuch(files) {
      var sum = 0;
      if (files.length > +limits.files) return 'Those are more than ' + limits.files + ' files at once.';
      for (var i = 0; i < files.length; i++) {
        sum += files[i].size;
        if (files[i].size > +limits.file) return '“' + files[i].name + '” is larger than ' + size(+limits.file) + '.';
      }
      return sum > +limits.drop ? 'That is more than ' + size(+limits.drop) + ' at once.' : '';
    }

    form.addEventListener('submit', function (e) {
      var problem = tooMuch(el('file').files);
      e.preventDefault();
      el('going').hidden = false;
      if (problem) {
        el('bar').hidden = true;
        el('far').textContent = problem;
        return;
      }
      el('bar').hidden = false;
      el('send').disabled = true;
      el('far').textContent = 'Sending.';
      var request = new XMLHttpRequest();
      request.open('POST', '/');
      request.responseType = 'document';
      request.upload.onprogress = function (e) {
        if (!e.lengthComputable) return;
        el('bar').value = 100 * e.loaded / e.total;
        el('far').textContent = size(e.loaded) + ' of ' + size(e.total) + ' sent.';
      };
      request.onload = function () {
        var main = request.response && request.response.querySelector('main');
        if (!main) return request.onerror();
        document.title = request.response.title;
        document.querySelector('main').replaceWith(main);
        var heading = main.querySelector('h1');
        heading.tabIndex = -1;
        heading.focus();
        bind();
      };
      request.onerror = function () {
        el('send').disabled = false;
        el('far').textContent = 'It broke off, and nothing was kept. Send it again.';
      };
      request.send(new FormData(form));
    });
  }
})();
