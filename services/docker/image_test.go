package docker

import (
	"context"
	"strings"
	"sync"
	"testing"

	"onionbot/services"
)

func TestBuildErrorsArriveInsideTheStream(t *testing.T) {
	var steps []string
	layer, err := follow(strings.NewReader(`{"stream":"Step 1/2 : FROM x\n"}
{"status":"Pulling from library/x"}
{"stream":" ---\u003e 0123456789ab\n"}
{"stream":"Step 2/2 : RUN false\n"}
{"stream":"something went wrong\n"}
{"errorDetail":{"code":1},"error":"returned a non-zero code: 1"}
`), "site", func(s string) { steps = append(steps, s) })
	if err == nil || !strings.Contains(err.Error(), "non-zero") || !strings.Contains(err.Error(), "something went wrong") {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(steps, "; "); got != "building site: step 1 of 2; building site: fetching the base image; building site: step 2 of 2" {
		t.Error(got)
	}
	if layer != "" {
		t.Errorf("the base image is taken for a leftover: %s", layer)
	}
	if _, err := follow(strings.NewReader(`{"stream":"Step 1/2`), "site", func(string) {}); err == nil {
		t.Error("a broken stream is no success")
	}
}

// tiny is a service whose image takes no time to build.
func tiny(t *testing.T, text string) *services.Definition {
	t.Helper()
	return &services.Definition{Name: "tiny", Source: services.Source{
		Digest: freshID(),
		Files:  map[string][]byte{"Dockerfile": []byte("FROM debian:bookworm-slim\nLABEL x=" + freshID() + "\n" + text)},
	}}
}

func TestImageIsBuiltOnceForAllWhoWait(t *testing.T) {
	r := open(t)
	t.Cleanup(func() { purge(t, r) })
	d := tiny(t, "RUN true\n")
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			told := 0
			if err := r.EnsureImage(t.Context(), d, func(string) { told++ }); err != nil || told == 0 {
				t.Errorf("told %d steps, %v", told, err)
			}
		})
	}
	wait.Wait()
	next := tiny(t, "RUN true\n")
	if err := r.EnsureImage(t.Context(), next, nil); err != nil {
		t.Fatal(err)
	}
	if has, err := r.hasImage(t.Context(), d.Ref()); err != nil || has {
		t.Errorf("the stale image is there: %t, %v", has, err)
	}
	if has, err := r.hasImage(t.Context(), next.Ref()); err != nil || !has {
		t.Errorf("the new image is there: %t, %v", has, err)
	}
}

func TestImageThatCannotBeBuiltIsUnavailable(t *testing.T) {
	r := open(t)
	t.Cleanup(func() { purge(t, r) })
	err := r.EnsureImage(t.Context(), tiny(t, "RUN exit 7\n"), nil)
	if !services.IsCode(err, services.CodeUnavailable) || !strings.Contains(err.Error(), `what="image"`) {
		t.Errorf("got %v", err)
	}
}

func purge(t *testing.T, r *Runtime) {
	t.Helper()
	if err := r.Purge(context.Background()); err != nil {
		t.Error(err)
	}
}
