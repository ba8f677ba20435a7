// Package rest is the REST door: POST /v4/<service>/<command>, called by the app's backend in the name of an app admin.
//
// rest.go says who calls, how often and how much; body.go reads the body; a file for each family of commands takes it apart, calls package command and
// puts the reply together.
package rest
