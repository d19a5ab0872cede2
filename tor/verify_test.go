package tor

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"onionbot/services"
)

func TestVerifySaysWhatTorComplainsOf(t *testing.T) {
	who, err := FindAccount("")
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), "tor", []string{"ClientUseIPv6 1"}, who); err != nil {
		t.Errorf("a good line: %v", err)
	}
	err = Verify(t.Context(), "tor", []string{"UseBridges 1"}, who)
	if !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), "ridge") {
		t.Errorf("bridges without a bridge: %v", err)
	}
	err = Verify(t.Context(), "tor", []string{"NoSuchOption 1"}, who)
	if !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), "NoSuchOption") {
		t.Errorf("an unknown option: %v", err)
	}
	if err := Verify(t.Context(), "no-such-tor", nil, who); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("no program: %v", err)
	}
}
