// Package refusal is how both doors say no: an Error with a code for the program and a sentence for
// the person, and the table of the codes.
package refusal
