/// Something that answers SQL with tables of whole numbers and texts.
protocol SparkServer: Sendable {
    /// The whole answer to one statement. The same statement may be asked again.
    func answer(_ sql: String) throws(SparkError) -> SparkAnswer
}

/// The rows of an answer, column by column.
struct SparkAnswer: Sendable, Equatable {
    enum Column: Sendable, Equatable {
        case numbers([Int64?])
        case texts([String?])
    }

    var columns: [Column]

    var rowCount: Int {
        switch columns.first {
        case .numbers(let numbers): numbers.count
        case .texts(let texts): texts.count
        case nil: 0
        }
    }

    /// A column of numbers, each of which must be there.
    func numbers(_ place: Int) throws(SparkError) -> [Int64] {
        guard columns.indices.contains(place), case .numbers(let numbers) = columns[place] else {
            throw .answer("column \(place + 1) does not hold whole numbers")
        }
        let known = numbers.compactMap { $0 }
        guard known.count == numbers.count else { throw .answer("a number is missing in column \(place + 1)") }
        return known
    }

    /// A column of texts.
    func texts(_ place: Int) throws(SparkError) -> [String?] {
        guard columns.indices.contains(place), case .texts(let texts) = columns[place] else {
            throw .answer("column \(place + 1) does not hold texts")
        }
        return texts
    }

    /// The rows of another part of the same answer behind these.
    mutating func append(_ other: SparkAnswer) throws(SparkError) {
        guard !columns.isEmpty else {
            columns = other.columns
            return
        }
        guard columns.count == other.columns.count else { throw .answer("its parts differ in their columns") }
        for place in columns.indices {
            switch (columns[place], other.columns[place]) {
            case (.numbers(let own), .numbers(let more)): columns[place] = .numbers(own + more)
            case (.texts(let own), .texts(let more)): columns[place] = .texts(own + more)
            default: throw .answer("its parts differ in the types of their columns")
            }
        }
    }
}
