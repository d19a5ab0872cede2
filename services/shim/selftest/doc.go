// Package selftest finds out, from inside a container and as the app's own
// user, whether anything is within reach that must not be: the internet, the
// host, its files and sockets, other services, or more of the kernel than an
// app may ask for.
//
// PID 1 runs it before each start of an app, as it will run the app: same
// namespaces, same user, same capabilities, same filter of system calls. Nothing
// of the image has run by then, and the program is static, so that an image has
// no say in what it finds. What the container cannot know, [Host] tells: the
// addresses of the host and what there would be to see.
//
// Nothing is sent anywhere. A datagram socket that may be connected to an
// address has a route to it, and connecting one sends nothing; the one question
// that is asked goes to the container's own loopback.
package selftest
