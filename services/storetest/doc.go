// Package storetest proves stores: [Run] is the conformance test that every
// [services.Store] passes, and [Memory] is a store without a disk that passes
// it too, for tests of what stands on a store.
package storetest
