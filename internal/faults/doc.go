// Package faults holds only tests: hosts that change records and record it,
// while their database, network and clock are broken on purpose. What is there
// in the end is compared with a ledger that the hosts kept beside.
//
//	AUDIT_TEST_LONG=1    half a minute instead of two seconds
//	AUDIT_FAULT_TIME=8h  as long as that
//	AUDIT_FAULT_SEED=7   the schedule of an earlier run
package faults
