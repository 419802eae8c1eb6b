package audit

const ipRemedy = "write an address such as 203.0.113.24 or 2001:db8::42, or a range such as 203.0.113.0/24"
