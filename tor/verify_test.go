package tor

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"onionbot/services"
)

func TestVerifySaysWhatTorComplainsOf(t *testing.T) {
	if err := Verify(t.Context(), "tor", []string{"ClientUseIPv6 1"}); err != nil {
		t.Errorf("a good line: %v", err)
	}
	err := Verify(t.Context(), "tor", []string{"UseBridges 1"})
	if !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), "ridge") {
		t.Errorf("bridges without a bridge: %v", err)
	}
	err = Verify(t.Context(), "tor", []string{"NoSuchOption 1"})
	if !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), "NoSuchOption") {
		t.Errorf("an unknown option: %v", err)
	}
	if err := Verify(t.Context(), "no-such-tor", nil); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("no program: %v", err)
	}
}
