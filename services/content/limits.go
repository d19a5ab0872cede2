package content

// Limits bound what one delivery may hold.
type Limits struct {
	Bytes   int64 // unpacked, all files together
	Packed  int64 // as received, one file
	Files   int   // files and directories
	Depth   int   // directories deep
	NameLen int   // bytes of one path element
	Ratio   int64 // unpacked to packed, for anything above a megabyte
}

// DefaultLimits fit what chat networks carry and what file systems take.
func DefaultLimits() Limits {
	return Limits{Bytes: 100 << 20, Packed: 25 << 20, Files: 2000, Depth: 32, NameLen: 255, Ratio: 100}
}

// unpacked is how many bytes may come out of so many packed ones. A megabyte
// is harmless whatever it was packed into.
func (l Limits) unpacked(packed int) int64 {
	return max(int64(packed)*l.Ratio, 1<<20)
}
