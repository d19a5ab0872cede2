// Package conversation is what happens between a message and its reply: who
// gave a command and may they, one call into the domain, and the durable way
// in ([Hub]) and out ([Outbox]). Every network shares it.
package conversation
