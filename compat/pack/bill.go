package main

import (
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"systole/compat/layout"
)

// writeBill writes the bill of materials, in the form CycloneDX 1.6, and returns its path. It says
// what "go version -m" says of the programs: the modules that each is linked from.
func (o order) writeBill() (string, error) {
	bom, err := o.bill()
	if err != nil {
		return "", err
	}
	path := filepath.Join(o.out, fmt.Sprintf("systole_%s_%s.cdx.json", packageVersion(o.version, o.made), o.arch))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return "", err
	}
	return path, f.Close()
}

func (o order) bill() (*cdx.BOM, error) {
	version := packageVersion(o.version, o.made)
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{
		Timestamp: o.made.Format("2006-01-02T15:04:05Z"),
		Component: &cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: "systole", Name: "systole", Version: version,
			Licenses: &cdx.Licenses{{License: &cdx.License{ID: "Apache-2.0"}}}},
	}
	modules := map[string]cdx.Component{}
	depends := []cdx.Dependency{}
	var programs []string
	for _, e := range layout.Table() {
		if e.Kind != layout.Program && e.Kind != layout.Optional {
			continue
		}
		info, err := buildinfo.ReadFile(filepath.Join(o.bin, e.Source))
		if err != nil {
			return nil, err
		}
		needs := linked(info, modules)
		modules[e.Path] = cdx.Component{Type: cdx.ComponentTypeApplication, BOMRef: e.Path, Name: e.Source, Version: version}
		depends = append(depends, cdx.Dependency{Ref: e.Path, Dependencies: &needs})
		programs = append(programs, e.Path)
	}
	depends = append(depends, cdx.Dependency{Ref: "systole", Dependencies: &programs})
	components := []cdx.Component{}
	for _, ref := range slices.Sorted(maps.Keys(modules)) {
		components = append(components, modules[ref])
	}
	bom.Components, bom.Dependencies = &components, &depends
	return bom, nil
}

// linked adds the modules of a program and returns their references, sorted.
func linked(info *debug.BuildInfo, modules map[string]cdx.Component) []string {
	std := debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	var refs []string
	for _, m := range append(slices.Clone(info.Deps), &std) {
		if m.Replace != nil {
			m = m.Replace
		}
		ref := "pkg:golang/" + m.Path + "@" + m.Version
		c := cdx.Component{Type: cdx.ComponentTypeLibrary, BOMRef: ref, Name: m.Path, Version: m.Version, PackageURL: ref}
		if m.Sum != "" {
			c.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.Sum}}
		}
		modules[ref] = c
		refs = append(refs, ref)
	}
	slices.Sort(refs)
	return slices.Compact(refs)
}
