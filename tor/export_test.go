package tor

// DialSOCKS is for tests that visit onions from outside the pool.
var DialSOCKS = dialSOCKS
