package hub

import (
	"maps"
	"slices"
)

// RESTCommands returns the service and name of every command.
func RESTCommands() []string { return slices.Sorted(maps.Keys(restCommands)) }

// RESTCodes returns every code that only a REST call can meet, with its meaning.
func RESTCodes() map[int]string { return meanings(restCodes) }
