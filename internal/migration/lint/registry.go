package lint

// registry are the rules of family M, by code.
var registry = []rule{
	m101, m102, m103, m104, m105, m106, m107, m108, m109, m110, m111, m112, m113, m114, m115, m116, m117, m118, m119, m120, m121, m122, m123, m124,
	m201, m202, m203, m204, m205, m206, m207, m208, m209, m210, m211, m212, m213, m214, m215,
	m301, m302, m303, m304, m305, m306, m307, m308, m309, m310,
	m401, m402, m403,
	m501, m502, m503, m504,
	m601, m602, m603, m604, m605,
	m701, m702, m703, m704, m705, m706, m707, m708,
	m801, m802,
}
