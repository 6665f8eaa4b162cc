// Package protocol is the contract between a host and the airdock plugin:
// the generated messages of airdock.proto, the go-plugin handshake, and the
// error kinds. It imports nothing else of this module.
package protocol

//go:generate make -C .. generate
