// Package acceptance tests the provider as its users meet it: the real CLI, real
// hosts made by the lab, and assertions on the hosts themselves. Its tests need
// root and the build tag "lab".
package acceptance
