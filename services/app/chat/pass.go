package chat

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	cookieName = "room"
	tagLetters = "abcdefghjkmnpqrstuvwxyz23456789" // none that are mistaken for another
	tagLength  = 4
)

// pass says who a visitor is. Before they have picked a name it has an id only.
type pass struct {
	id   string
	name string
	tag  string
}

// entered reports whether a name has been picked.
func (p pass) entered() bool { return p.tag != "" }

// sign is the authentication code of words under the room's key.
func (r *Room) sign(words ...string) string {
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// formKey is the word that the forms of a pass carry.
func (r *Room) formKey(p pass) string { return r.sign("form", p.id) }

// giveCookie hands a pass to the visitor, until the browser is closed.
func (r *Room) giveCookie(w http.ResponseWriter, p pass) {
	body := strings.Join([]string{p.id, p.tag, base64.RawURLEncoding.EncodeToString([]byte(p.name))}, ".")
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // an onion has no https; the address itself is the authentication
		Name: cookieName, Value: body + "." + r.sign("pass", body), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// passOf reads the pass of a request, and reports false if it has none of
// this room.
func (r *Room) passOf(req *http.Request) (pass, bool) {
	c, err := req.Cookie(cookieName)
	if err != nil {
		return pass{}, false
	}
	cut := strings.LastIndexByte(c.Value, '.')
	if cut < 0 || !hmac.Equal([]byte(c.Value[cut+1:]), []byte(r.sign("pass", c.Value[:cut]))) {
		return pass{}, false
	}
	parts := strings.Split(c.Value[:cut], ".")
	if len(parts) != 3 {
		return pass{}, false
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[2])
	return pass{id: parts[0], tag: parts[1], name: string(name)}, err == nil
}

// checked is the pass of a form that the room itself has made for it.
func (r *Room) checked(req *http.Request) (pass, bool) {
	p, ok := r.passOf(req)
	return p, ok && hmac.Equal([]byte(req.PostFormValue("key")), []byte(r.formKey(p)))
}

func newID() string { return rand.Text() }

// newTag draws a tag that nobody has.
func (r *Room) newTag() string {
	for {
		b := make([]byte, tagLength)
		_, _ = rand.Read(b) // never fails
		for i := range b {
			b[i] = tagLetters[int(b[i])%len(tagLetters)]
		}
		if tag := string(b); !r.tagged(tag) {
			return tag
		}
	}
}
