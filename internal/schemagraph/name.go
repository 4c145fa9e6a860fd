package schemagraph

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MaxName is the number of bytes PostgreSQL keeps of an identifier (NAMEDATALEN - 1); it cuts the rest silently.
const MaxName = 63

// Name joins the parts of a conventional name, "ix", "orders", "customer_id" to ix_orders_customer_id. A name over
// MaxName bytes is cut, and ends in a hash of the whole so that two long names stay different. The hash is stable.
func Name(prefix, table string, parts ...string) string {
	name := strings.Join(append([]string{prefix, table}, parts...), "_")
	if len(name) <= MaxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	hash := "_" + hex.EncodeToString(sum[:])[:8]
	cut := MaxName - len(hash)
	for cut > 0 && name[cut]&0xC0 == 0x80 { // not within a UTF-8 sequence
		cut--
	}
	return strings.TrimRight(name[:cut], "_") + hash
}
