package lint

import "slices"

var s304 = &schemaRule{
	Rule: Rule{
		Code: "S304", Slug: "money-float", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "amount of money in a type that rounds",
		Rationale: "0.1 + 0.2 is not 0.3 in binary floating point, and sums drift. The type money follows the server's locale, so its meaning changes with a setting. " +
			"Amounts are whole numbers of the smallest unit, or numeric.\n\nFloating point is found by the column's name; ratios, rates, percentages, coordinates and measures are not amounts.",
		FixText: "bigint in the smallest unit ({column}_cents), or numeric(p, s)",
		Source:  "PostgreSQL manual, 8.1.3 and 8.2; wiki, Don't Do This: Don't use money",
		Options: []Option{{Name: "names", Default: "price, prices, amount, cost, costs, subtotal, balance, fee, fees, salary, wage, wages, revenue, payment, paid, refund, deposit, budget, commission, freight, surcharge, payout, earnings, turnover, profit, tax, usd, eur, gbp, cents, money, rent, bonus, debit, msrp, tip", Doc: "words that make a name an amount's"}},
	},
	check: func(p *pass) {
		names := p.list("names")
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				w := words(c.Name)
				sensitive := false
				if f := t.field(c.Name); f != nil && f.Facts.Sensitive != nil {
					sensitive = f.Facts.Sensitive.Kind == "money"
				}
				if ty.fam != famMoney && (ty.fam != famFloat || !sensitive && (!hasAny(w, names...) && !onlyTotal(w) || hasAny(w, notMoney...))) || generated(c) {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.pick(`field.Int64("`+c.Name+`_cents")`, "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" TYPE numeric(19,4);"),
					"%s.%s is %s", t.name, c.Name, ty)
			}
		}
	},
}

// onlyTotal says that a name is "total", or "grand_total": an amount, unlike total_hours.
func onlyTotal(w []string) bool {
	return slices.Equal(w, []string{"total"}) || len(w) == 2 && w[1] == "total" && hasAny(w[:1], "grand", "sub", "order", "invoice", "net", "gross")
}

// notMoney are words that make a number a ratio or a measure.
var notMoney = []string{
	"rate", "rates", "ratio", "percent", "percentage", "pct", "factor", "lat", "lng", "lon", "latitude", "longitude", "weight", "score", "count",
	"quantity", "qty", "hours", "minutes", "seconds", "ms", "distance", "duration", "size", "bytes", "volume", "length", "width", "height", "area",
	"temperature", "probability", "multiplier", "coefficient", "index", "rank", "position", "time", "share", "margin", "variance", "change", "growth", "energy", "elasticity",
}
