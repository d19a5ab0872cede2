package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/docker"
)

// examineDocker looks at the engine, the catalogue, and what each needs of the
// other.
func examineDocker(ctx context.Context, cfg *config) []finding {
	defs, findings := examineCatalogue(cfg)
	engine := finding{what: "docker"}
	runtime, err := docker.New(docker.Options{RunDir: filepath.Join(cfg.RunDir, "i"), Installation: "doctor", Host: cfg.Docker.Host})
	if err != nil {
		engine.err = err
		return append(findings, engine)
	}
	defer runtime.Close()
	if engine.err = runtime.Ping(ctx); engine.err != nil {
		return append(findings, engine)
	}
	e, err := runtime.Describe(ctx)
	findings = append(findings, describeEngine(e, err)...)
	for _, d := range defs {
		if d.Image != "" { // the operator's own, of whatever age
			continue
		}
		built, err := runtime.ImageBuilt(ctx, d)
		findings = append(findings, imageAge(d.Name, built, cfg.Docker.ImageAge.Duration, err))
	}
	return findings
}

// describeEngine says what the engine cannot do.
func describeEngine(e docker.Engine, err error) []finding {
	engine := finding{what: "docker", err: err, note: "the engine answers"}
	if err != nil {
		return []finding{engine}
	}
	if !slices.Contains(e.Security, "seccomp") {
		engine.warn = true
		engine.note += ", but says nothing of seccomp: without it, it starts no service"
	}
	findings := []finding{engine}
	for _, lack := range e.Lacks {
		f := finding{what: "docker", warn: true, note: lack.Say}
		if lack.Stops {
			f.err = errors.New(lack.Say)
		}
		findings = append(findings, f)
	}
	return findings
}

// examineCatalogue reads the services, and holds the users to them.
func examineCatalogue(cfg *config) ([]*services.Definition, []finding) {
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		return nil, []finding{{what: "catalogue", err: err}}
	}
	var names []string
	for _, d := range defs {
		names = append(names, d.Name)
	}
	findings := []finding{{what: "catalogue", note: strings.Join(names, ", ")}}
	for i := range cfg.Users {
		for _, say := range cfg.Users[i].unknownServices(defs) {
			findings = append(findings, finding{what: "users", err: badConfig("", 0, say, nil)})
		}
	}
	return defs, findings
}

// imageAge says how old a service's image is; built is zero if there is none.
func imageAge(service string, built time.Time, limit time.Duration, err error) finding {
	f := finding{what: "image " + service, err: err, note: "not built yet"}
	if err != nil || built.IsZero() {
		return f
	}
	age := time.Since(built)
	f.note = fmt.Sprintf("%d days old", age/(24*time.Hour))
	if limit > 0 && age > limit+24*time.Hour {
		f.warn = true
		f.note += ", older than docker.image_age: it could not be rebuilt, or the bot did not run (see its log)"
	}
	return f
}
