// Package diff finds what changed between two records. Its one door is [Engine].
//
// The path of a value, from the record to the text of a change:
//
//	Engine.Diff      engine.go     one event: two sides, object, parent
//	planner.plan     plan.go       once for each type: what of it is recorded, as what
//	  fieldCollector collect.go      walks through the struct and its embedded structs
//	  declared       declared.go     a field with its tag (tag.go), for reach and guard too
//	  redactor       redact.go       knows the names of secrets
//	differ.shared    sharing.go    do both sides lead to memory that can be written?
//	  reachOf        reach.go        which fields of a type lead to memory
//	  guardOf        guard.go        does a type write behind its unexported fields?
//	differ.side      side.go       takes the pointers off; refuses nil and other values
//	differ.object    object.go     the object's type and ID;  parent.go: its parent's
//	differ.compare…  compare.go    field by field
//	  direct         direct.go       plain fields: compared as they are, no memory needed
//	  inspector      inspect.go      all others become a tree of nodes, within the limits
//	    special        special.go      values with methods, such as MarshalJSON
//	    shaped         shape.go        types that are known by their fields;  pgtext.go
//	  node.equal     node.go         compares two trees;  equal.go: what was not taken apart
//	  node.append    encode.go       writes canonical JSON, cut to the bytes that are left
//	draft            draft.go      collects, with add.go, all texts of an event in one buffer
//	Result           result.go     the changes: parts of one string
//
// [Snapshot] copies a record for later comparison (snapshot.go), and
// [Engine.Describe] returns the rules of a plan.
package diff
