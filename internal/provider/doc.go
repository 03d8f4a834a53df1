// Package provider is the plugin: schemas, and their translation into declarations. What is done to hosts is compiled by internal/compile and
// run by an [Engine]; nothing here changes a host by itself.
package provider
