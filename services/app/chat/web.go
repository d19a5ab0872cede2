package chat

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// maxForm is how many bytes a form may have.
const maxForm = 16 << 10

// home is the room for whoever is in it, and its door for everybody else.
func (r *Room) home(w http.ResponseWriter, req *http.Request) {
	p, ok := r.passOf(req)
	if !ok {
		p = pass{id: newID()}
		r.giveCookie(w, p)
	}
	if !p.entered() {
		r.showDoor(w, http.StatusOK, p, "", "")
		return
	}
	r.pages.room.Show(w, http.StatusOK, "A chat room", inside{
		Until: r.ends(), Name: p.name, Tag: p.tag, Key: r.formKey(p), Here: r.here(), Hue: hue(p.tag), Most: maxText,
	})
}

func (r *Room) showDoor(w http.ResponseWriter, status int, p pass, name, problem string) {
	r.pages.door.Show(w, status, "A chat room", door{
		Until: r.ends(), Problem: problem, Name: name, Key: r.formKey(p), Here: r.here(), Lines: maxLines,
	})
}

func (r *Room) ends() string {
	if r.until == nil {
		return ""
	}
	return strings.TrimSpace(r.until())
}

// enter gives a visitor a name.
func (r *Room) enter(w http.ResponseWriter, req *http.Request) {
	p, ok := r.checked(req)
	typed := req.PostFormValue("name")
	name := cleanName(typed)
	var problem refusal
	switch {
	case !ok:
		p = pass{id: newID()}
		problem = sayCookie
	case name == "" || utf8.RuneCountInString(name) > maxName:
		problem = sayName
	case r.isTaken(name):
		problem = sayTaken
	}
	if problem != "" {
		if !ok {
			r.giveCookie(w, p)
		}
		r.showDoor(w, http.StatusUnprocessableEntity, p, name, problem.Error())
		return
	}
	r.mu.Lock()
	tag := r.newTag()
	r.mu.Unlock()
	r.giveCookie(w, pass{id: newID(), name: name, tag: tag})
	http.Redirect(w, req, "/", http.StatusSeeOther)
}

func (r *Room) isTaken(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken(skeleton(name), "")
}

// leaveRoom takes a visitor's name away, and closes their pages.
func (r *Room) leaveRoom(w http.ResponseWriter, req *http.Request) {
	if p, ok := r.checked(req); ok {
		r.mu.Lock()
		if who := r.people[p.id]; who != nil {
			for s := range r.streams {
				if s.who == who {
					r.end(s)
				}
			}
			delete(r.people, p.id)
		}
		r.mu.Unlock()
		r.giveCookie(w, pass{id: newID()})
	}
	http.Redirect(w, req, "/", http.StatusSeeOther)
}

// say takes a message: of the frame, which is shown anew, or of the page's
// script, which hears of what is wrong in words.
func (r *Room) say(w http.ResponseWriter, req *http.Request) {
	p, ok := r.checked(req)
	text := req.PostFormValue("text")
	var err error = sayStopped
	if ok && p.entered() {
		err = r.speak(p, text, time.Now())
	}
	live := req.PostFormValue("live") != ""
	var problem refusal
	switch {
	case err == nil && live:
		w.WriteHeader(http.StatusNoContent)
	case err == nil:
		// The fragment moves the keyboard's focus back to where one types.
		http.Redirect(w, req, "/say#text", http.StatusSeeOther)
	case !errors.As(err, &problem):
		http.Error(w, "This cannot be done.", http.StatusInternalServerError)
	case live:
		http.Error(w, problem.Error(), http.StatusUnprocessableEntity)
	default:
		r.showSay(w, http.StatusUnprocessableEntity, words{Key: r.formKey(p), Text: text, Problem: problem.Error(), Out: !ok || !p.entered()})
	}
}

// sayPage is the frame to write in.
func (r *Room) sayPage(w http.ResponseWriter, req *http.Request) {
	p, ok := r.passOf(req)
	r.showSay(w, http.StatusOK, words{Key: r.formKey(p), Out: !ok || !p.entered()})
}

func (r *Room) showSay(w http.ResponseWriter, status int, what words) {
	what.Most = maxText
	var out bytes.Buffer
	if err := r.pages.say.Execute(&out, what); err != nil {
		http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
		return
	}
	r.frame(w)
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// frame lets an answer stand in a frame of the room.
func (r *Room) frame(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", r.pages.framed)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
}

func (r *Room) missing(w http.ResponseWriter, _ *http.Request) {
	r.pages.missing.Show(w, http.StatusNotFound, "Not here", nil)
}
