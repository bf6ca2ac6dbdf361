import Foundation

@testable import Domains

func schema(_ json: String) throws -> TableSchema {
    try JSONDecoder().decode(TableSchema.self, from: Data(json.utf8))
}

/// A schema with one field `x`.
func field(_ json: String) throws -> ColumnDomain {
    let schema = try schema(#"{"fields":[{"name":"x",\#(json)}]}"#)
    return try TableDomain(schema: schema, keyColumns: []).columns[0]
}
