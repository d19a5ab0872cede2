//go:build !amd64 && !arm64

package escape

// Numbers that are not known here; what would need them is not tried.
const (
	sysNameToHandle  = 0
	sysOpenByHandle  = 0
	sysSetns         = 0
	sysProcessVMRead = 0
	sysKcmp          = 0
	sysFinitModule   = 0
	sysKexecFileLoad = 0
	sysBPF           = 0
	sysUserfaultfd   = 0
	sysMoveOwnPort   = 0
)
