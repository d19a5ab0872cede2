package tor

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestLinesThatTakeATorOutOfOurHandsAreRefused(t *testing.T) {
	for _, line := range []string{
		"SafeLogging 0", "safelogging 0", "SAFELOGGING 0", "SafeLoggin 0", "SafeL 0", "s 0",
		"+SafeLogging 0", "/SafeLogging", "+SafeLoggin 0", "  SafeLogging 0", "\tSafeLogging 0", "\v\fSafeLogging 0",
		"SafeLogging\t0", "SafeLogging\v0", `SafeLogging "0"`, `SafeLoggin "0"`, "SafeLogging#0", "SafeLogging", "SafeLogging \\",
		"UseBridges \\", "UseBridges 1 \\ ", "UseBridges 1\nSafeLogging 0", "UseBridges 1\rSafeLogging 0", "\nSafeLogging 0",
		"%include /etc/tor/torrc", "%INCLUDE x", ".", ".Bridge x",
		"SocksPort 9050", "+SocksPort 9050", "ControlPort 9051", "ControlP 9051", "ControlSocket /x", "User x", "Us x",
		"DataDirectory /x", "Data /x", "DisableNetwork 1", "NetworkDisabled 1", "HiddenServiceDir /x", "HiddenService /x",
		"HiddenServiceNonAnonymousMode 1", "HiddenServiceSingle 1", "CookieAuth 0", "HashedControl x", "PidFile /x",
		"__ControlPort 9051", "__SocksPort 9050", "_ x", "__OwningControllerProcess 1",
	} {
		if err := CheckLine(line); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}

func TestOrdinaryLinesAreTaken(t *testing.T) {
	for _, line := range []string{
		"", "   ", "# SafeLogging 0", "  # a word", "UseBridges 1", "Bridge obfs4 192.0.2.1:443 cert=a+b/c iat-mode=0",
		"ClientTransportPlugin obfs4 exec /usr/bin/obfs4proxy", `ContactInfo "a \"b\""`, "TestingTorNetwork 1",
		"+DirAuthority a orport=1 no-v2 127.0.0.1:2 AAAA", "Socks5Proxy 127.0.0.1:1080", "ClientUseIPv6 1", "Log info file /x",
	} {
		if err := CheckLine(line); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestEveryBeginningOfAnOptionOfOursIsRefused(t *testing.T) {
	for _, name := range ours() {
		for n := 1; n <= len(name); n++ {
			if err := CheckLine(strings.ToUpper(name[:n]) + " 1"); err == nil {
				t.Errorf("%s is taken, and begins %s", name[:n], name)
			}
		}
	}
}

func TestOnlyNamesThatTorListsAreTaken(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "tor", "--list-torrc-options").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(strings.ToLower(string(out)))
	for _, mine := range ours() { // a misspelt one would guard nothing
		if mine != "networkdisabled" && !slices.Contains(names, mine) {
			t.Errorf("tor has no option %s", mine)
		}
	}
	if err := checkNames(t.Context(), "tor", []string{"useBridges 1", "", "# x", "+bridge y"}); err != nil {
		t.Error(err)
	}
	for _, line := range []string{"UseBridge 1", "NetworkDisabled 1", "NoSuchOption 1"} {
		if err := checkNames(t.Context(), "tor", []string{"UseBridges 1", line}); err == nil {
			t.Errorf("%q is taken", line)
		}
	}
}
