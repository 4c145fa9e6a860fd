package schemagraph

// The wire types are the JSON form of Atlas's. Pointers and slices that are empty are left out; a pointer to a
// string stands for an attribute that may be there with an empty value.
type (
	wireSchema struct {
		Name      string       `json:"name"`
		Comment   *string      `json:"comment,omitempty"`
		Collation string       `json:"collation,omitempty"`
		Charset   string       `json:"charset,omitempty"`
		Types     []*wireType  `json:"types,omitempty"`
		Tables    []*wireTable `json:"tables"`
		Views     []*wireView  `json:"views,omitempty"`
	}

	wireTable struct {
		Name        string         `json:"name"`
		Comment     *string        `json:"comment,omitempty"`
		Options     *wireOptions   `json:"options,omitempty"`
		Columns     []*wireColumn  `json:"columns"`
		PrimaryKey  *wireIndex     `json:"primary_key,omitempty"`
		Indexes     []*wireIndex   `json:"indexes,omitempty"`
		ForeignKeys []*wireFK      `json:"foreign_keys,omitempty"`
		Checks      []*wireCheck   `json:"checks,omitempty"`
		Partition   *wirePartition `json:"partition,omitempty"`
	}

	// wireOptions are the rarer properties of a table.
	wireOptions struct {
		Collation     string        `json:"collation,omitempty"`
		Charset       string        `json:"charset,omitempty"`
		Identity      *wireIdentity `json:"identity,omitempty"`
		WithoutRowID  bool          `json:"without_rowid,omitempty"`
		Strict        bool          `json:"strict,omitempty"`
		AutoIncrement *int64        `json:"auto_increment,omitempty"`
	}

	wireView struct {
		Name    string        `json:"name"`
		Def     string        `json:"def"`
		Comment *string       `json:"comment,omitempty"`
		Columns []*wireColumn `json:"columns,omitempty"`
	}

	wireColumn struct {
		Name string `json:"name"`
		wireType
		Raw           string         `json:"raw,omitempty"`
		Null          bool           `json:"null,omitempty"`
		Default       *wireExpr      `json:"default,omitempty"`
		Generated     *wireGenerated `json:"generated,omitempty"`
		Identity      *wireIdentity  `json:"identity,omitempty"`
		AutoIncrement *int64         `json:"auto_increment,omitempty"`
		Collation     string         `json:"collation,omitempty"`
		Charset       string         `json:"charset,omitempty"`
		Comment       *string        `json:"comment,omitempty"`
		Checks        []*wireCheck   `json:"checks,omitempty"`
	}

	// wireType is a type: Kind names Atlas's Go type, Type its spelling. For an element of Schema.Types it is
	// the definition, in a column the use.
	wireType struct {
		Kind      string        `json:"kind,omitempty"`
		Type      string        `json:"type,omitempty"`
		Schema    string        `json:"in_schema,omitempty"`
		Size      *int64        `json:"size,omitempty"`
		Precision *int64        `json:"precision,omitempty"`
		Scale     *int64        `json:"scale,omitempty"`
		Unsigned  bool          `json:"unsigned,omitempty"`
		Class     string        `json:"class,omitempty"`
		Field     string        `json:"field,omitempty"`
		Sequence  string        `json:"sequence,omitempty"`
		Elem      *wireType     `json:"elem,omitempty"`
		Values    []string      `json:"values,omitempty"`
		TypeNull  bool          `json:"type_null,omitempty"`
		TypeExpr  *wireExpr     `json:"type_default,omitempty"`
		TypeCheck []*wireCheck  `json:"type_checks,omitempty"`
		Fields    []*wireColumn `json:"fields,omitempty"`
		About     *string       `json:"about,omitempty"` // the type's comment
	}

	// wireExpr is a literal or a raw expression.
	wireExpr struct {
		Literal *string `json:"literal,omitempty"`
		Raw     *string `json:"raw,omitempty"`
	}

	wireGenerated struct {
		Expr string `json:"expr"`
		Type string `json:"type,omitempty"`
	}

	wireIdentity struct {
		Generation string        `json:"generation,omitempty"`
		Sequence   *wireSequence `json:"sequence,omitempty"`
	}

	wireSequence struct {
		Start     int64 `json:"start,omitempty"`
		Increment int64 `json:"increment,omitempty"`
		Last      int64 `json:"last,omitempty"`
	}

	wireIndex struct {
		Name          string           `json:"name,omitempty"`
		Unique        bool             `json:"unique,omitempty"`
		Parts         []*wirePart      `json:"parts"`
		Using         *string          `json:"using,omitempty"`
		Where         *string          `json:"where,omitempty"`
		Include       []string         `json:"include,omitempty"`
		NullsDistinct *bool            `json:"nulls_distinct,omitempty"`
		Storage       *wireStorage     `json:"storage,omitempty"`
		Constraints   []wireConstraint `json:"constraints,omitempty"`
		Origin        string           `json:"origin,omitempty"`
		Comment       *string          `json:"comment,omitempty"`
	}

	wireStorage struct {
		AutoSummarize bool  `json:"autosummarize,omitempty"`
		PagesPerRange int64 `json:"pages_per_range,omitempty"`
	}

	wireConstraint struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}

	wirePart struct {
		Column    string        `json:"column,omitempty"`
		Expr      *wireExpr     `json:"expr,omitempty"`
		Desc      bool          `json:"desc,omitempty"`
		OpClass   *wireOpClass  `json:"opclass,omitempty"`
		Nulls     *wireNulls    `json:"nulls,omitempty"`
		Collation string        `json:"collation,omitempty"`
		Operator  *wireOperator `json:"operator,omitempty"`
	}

	wireOpClass struct {
		Name    string      `json:"name"`
		Default bool        `json:"default,omitempty"`
		Params  [][2]string `json:"params,omitempty"`
	}

	wireNulls struct {
		First bool `json:"first,omitempty"`
		Last  bool `json:"last,omitempty"`
	}

	wireOperator struct {
		Name   string `json:"name"`
		Schema string `json:"schema,omitempty"`
	}

	wireFK struct {
		Symbol     string   `json:"symbol,omitempty"`
		Columns    []string `json:"columns"`
		RefSchema  string   `json:"ref_schema,omitempty"`
		RefTable   string   `json:"ref_table"`
		RefColumns []string `json:"ref_columns"`
		OnUpdate   string   `json:"on_update,omitempty"`
		OnDelete   string   `json:"on_delete,omitempty"`
		Comment    *string  `json:"comment,omitempty"`
	}

	wireCheck struct {
		Name      string   `json:"name,omitempty"`
		Expr      string   `json:"expr"`
		NoInherit bool     `json:"no_inherit,omitempty"`
		Columns   []string `json:"columns,omitempty"`
		Comment   *string  `json:"comment,omitempty"`
	}

	wirePartition struct {
		Type  string      `json:"type"`
		Parts []*wirePart `json:"parts"`
	}
)
