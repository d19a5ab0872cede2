package escape

// System calls whose numbers package syscall lacks.
const (
	sysNameToHandle  = 303
	sysOpenByHandle  = 304
	sysSetns         = 308
	sysProcessVMRead = 310
	sysKcmp          = 312
	sysFinitModule   = 313
	sysKexecFileLoad = 320
	sysBPF           = 321
	sysUserfaultfd   = 323
	sysMoveOwnPort   = 172 // iopl, which x86 alone has
)
