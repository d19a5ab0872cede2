package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// open makes the one page.
func (b *Browser) open(o Options) {
	b.t.Helper()
	var target struct{ TargetID string }
	b.must("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.must("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.must("Page.enable", nil, nil)
	b.must("Runtime.enable", nil, nil)
	if !o.Scripts {
		b.must("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	}
	if o.Width > 0 {
		b.must("Emulation.setDeviceMetricsOverride", map[string]any{
			"width": o.Width, "height": o.Height, "deviceScaleFactor": 1, "mobile": o.Width < 600,
		}, nil)
	}
	if o.Dark {
		b.must("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	}
	if o.Downloads != "" {
		b.must("Browser.setDownloadBehavior", map[string]any{"behavior": "allow", "downloadPath": o.Downloads}, nil)
	}
}

// Go opens an address.
func (b *Browser) Go(url string) {
	b.t.Helper()
	var to struct{ ErrorText string }
	b.must("Page.navigate", map[string]any{"url": url}, &to)
	if to.ErrorText != "" {
		b.t.Fatalf("open the page: %s", to.ErrorText)
	}
}

// Value is what an expression is in the page; nil if it cannot be told, because
// a page is on its way, for one. A page that may run no scripts is asked, too.
func (b *Browser) Value(expression string) any {
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	if b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out) != nil || out.ExceptionDetails != nil {
		return nil
	}
	return out.Result.Value
}

// Await waits until an expression is true in the page.
func (b *Browser) Await(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for b.Value(expression) != true {
		if time.Now().After(deadline) {
			b.t.Fatalf("never true: %s\nthe page: %v", expression, b.Value("document.documentElement.outerHTML.slice(-3000)"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Type types into what has the focus.
func (b *Browser) Type(text string) {
	b.t.Helper()
	b.must("Input.insertText", map[string]any{"text": text}, nil)
}

// Press presses a key: "Enter" or "Tab".
func (b *Browser) Press(key string) {
	b.t.Helper()
	codes := map[string]int{"Enter": 13, "Tab": 9}
	down := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
	if key == "Enter" {
		down["text"] = "\r"
	}
	b.must("Input.dispatchKeyEvent", down, nil)
	b.must("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}, nil)
}

// Click clicks the middle of an element of the page, as a finger would.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Await(fmt.Sprintf("!!document.querySelector(%q)", selector))
	at, ok := b.Value(fmt.Sprintf("(e=>{e.scrollIntoView();let r=e.getBoundingClientRect();return [r.x+r.width/2,r.y+r.height/2]})(document.querySelector(%q))", selector)).([]any)
	if !ok || len(at) != 2 {
		b.t.Fatalf("%s is nowhere", selector)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.must("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// Choose puts files of this machine into a file field.
func (b *Browser) Choose(selector string, paths ...string) {
	b.t.Helper()
	var doc struct{ Root struct{ NodeID int } }
	b.must("DOM.getDocument", nil, &doc)
	var node struct{ NodeID int }
	b.must("DOM.querySelector", map[string]any{"nodeId": doc.Root.NodeID, "selector": selector}, &node)
	b.must("DOM.setFileInputFiles", map[string]any{"nodeId": node.NodeID, "files": paths}, nil)
}

// Screenshot writes what is to be seen as a PNG.
func (b *Browser) Screenshot(path string) {
	b.t.Helper()
	var shot struct{ Data string }
	b.must("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
