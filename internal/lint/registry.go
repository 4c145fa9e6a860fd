package lint

// registry are the design rules, in the order of their codes. A new rule is its file, its examples under testdata, and
// one word here.
var registry = []*schemaRule{
	s101, s102, s103, s104, s105, s106, s107, s108, s109, s110, s111, s112, s113, s114, s115, s116, s117, s118, s119,
	s201, s202, s203, s204, s205, s206, s207, s208, s209, s210, s211, s212, s213, s214, s215, s216, s217, s218, s219, s220, s221,
	s301, s302, s303, s304, s305, s306, s307, s308, s309, s310,
	s401, s402, s403, s404, s405, s406, s407, s408,
	s501, s502, s503, s504, s505, s506,
	s601, s602, s603, s604, s605, s606, s607, s608, s609, s610, s611,
	s701, s702, s703, s704, s705,
	s801, s802, s803,
}
