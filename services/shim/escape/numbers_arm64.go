package escape

// System calls whose numbers package syscall lacks.
const (
	sysNameToHandle  = 264
	sysOpenByHandle  = 265
	sysSetns         = 268
	sysProcessVMRead = 270
	sysKcmp          = 272
	sysFinitModule   = 273
	sysKexecFileLoad = 294
	sysBPF           = 280
	sysUserfaultfd   = 282
	sysMoveOwnPort   = 0
)
