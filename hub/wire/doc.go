// Package wire reads what clients send as JSON, strictly, and writes what they get.
package wire
