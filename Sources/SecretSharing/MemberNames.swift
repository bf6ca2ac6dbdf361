public import Bytes
import VectorMath

/// Names of 128 bits that only who has the key can make. Of a text: ChaCha20, under a part of the key, of its SipHash under another
/// part; of a name ChaCha20 alone. So names of different texts are uniform and independent for whoever lacks the key and takes
/// ChaCha20 for random, but where two hashes are equal (a hash of a pseudorandom function's input, Carter and Wegman 1981): among
/// 2²⁵ texts with a probability below 2^-78.
public struct MemberNames: Sendable {
    private let hash: KeyedHash
    /// Of the blocks.
    private let key: [UInt8]

    /// - Parameter key: 32 bytes of those who may make names, and of nobody else.
    public init(key: [UInt8]) {
        var words = KeystreamGenerator(key: key, number: 0)
        hash = KeyedHash(key: (words.next(), words.next()))
        self.key = KeystreamGenerator.key(from: key, number: 1)
    }

    /// A name for each text, in the order of the texts.
    ///
    /// Proof: a text's bytes are read within the call that lends them.
    public func names(of texts: ByteStrings) -> [UInt128] {
        names(
            of: texts.map { text in
                let (low, high) = text.withUnsafeBytes { hash.hash($0) }
                return UInt128(low) | UInt128(high) &<< 64
            })
    }

    /// A name for each name: the upper half numbers the stream, and the lower one the block.
    public func names(of names: [UInt128]) -> [UInt128] {
        var words: [UInt64] = [0, 0]
        return names.map { name in
            Keystream(key: key, nonce: UInt64(truncatingIfNeeded: name &>> 64))
                .fill(&words, fromBlock: UInt64(truncatingIfNeeded: name))
            return UInt128(words[1]) &<< 64 | UInt128(words[0])
        }
    }

    /// Names that nobody asked for: the same ones at each call.
    func fillings(_ count: Int) -> [UInt128] { names(of: (0..<count).map { UInt128($0) }) }

    /// As they are sent: four words each, the lowest first.
    public static func words(of names: [UInt128]) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(4 * names.count)
        for name in names {
            for place in 0..<4 { words.append(UInt32(truncatingIfNeeded: name &>> UInt128(32 &* place))) }
        }
        return words
    }

    /// What ``words(of:)`` made.
    public static func names(ofWords words: [UInt32]) -> [UInt128] {
        (0..<(words.count / 4)).map { name in
            (0..<4).reduce(UInt128(0)) { $0 | UInt128(words[4 &* name &+ $1]) &<< UInt128(32 &* $1) }
        }
    }
}

/// A holder's keys under names, in ascending order of the names and filled up with others: what is sent says nothing of the order of
/// the file nor of how many keys there are, and each name stands there once.
///
/// With three of whom at most one looks, two holders find their common keys without public-key operations (Kamara, Mohassel, Raykova
/// and Sadeghian, "Scaling private set intersection to billion-element sets", 2014, have a third party compare; here it compares
/// nothing). It evaluates a function F for the first holder, whose key it and the second holder have and the first holder has not, as
/// in an intersection by an oblivious pseudorandom function (Freedman, Ishai, Pinkas and Reingold, "Keyword search and oblivious
/// pseudorandom functions", 2005): obliviously, since what it gets are names under a key of both holders.
///
/// 1. The first holder sends the third party the names N(x) of its keys, and gets F(N(x)).
/// 2. The second holder, who can make both, sends the first one F(N(y)) for its keys.
/// 3. The first holder compares, and marks those of the second one's list that it has too.
public struct MemberList: Sendable {
    /// Ascending, as many as the task declares rows.
    public let names: [UInt128]
    /// Whose they are, by the key's place; −1 of a filling.
    private let places: [Int32]

    /// - Parameters:
    ///   - keys: each once, no more than `rows`.
    ///   - rows: the declared number.
    ///   - functions: one after the other they make the name of a key.
    ///   - seed: 32 bytes of this holder alone, from which the fillings follow.
    public init(keys: ByteStrings, rows: Int, under functions: [MemberNames], seed: [UInt8]) {
        precondition(keys.count <= rows && rows <= Int(Int32.max), "a list is as long as the task declares")
        var own = functions.first?.names(of: keys) ?? []
        for function in functions.dropFirst() { own = function.names(of: own) }
        let fillings = MemberNames(key: seed).fillings(rows - keys.count)
        let places = (0..<Int32(keys.count)) + [Int32](repeating: -1, count: fillings.count)
        let sorted = zip(own + fillings, places).sorted { $0.0 < $1.0 }
        names = sorted.map(\.0)
        self.places = sorted.map(\.1)
    }

    /// Whether each name stands there once, and in order.
    public static func isRight(_ names: [UInt128]) -> Bool {
        zip(names, names.dropFirst()).allSatisfy { $0 < $1 }
    }

    /// Which keys of the first holder the second one has too.
    public struct Meeting: Sendable, Equatable {
        /// Places among this holder's keys, ascending.
        public let members: [Int]
        /// A bit for each name of the other list, 32 to a word: what the second holder gets.
        public let marks: [UInt32]
    }

    /// How many words mark names of a list of so many rows.
    public static func markWords(_ rows: Int) -> Int { (rows + 31) / 32 }

    /// For the first holder.
    ///
    /// - Parameters:
    ///   - answers: what the third party made of this list, name by name.
    ///   - others: the second holder's list, ascending.
    public func meeting(answers: [UInt128], others: [UInt128]) -> Meeting {
        let own = zip(answers, places).sorted { $0.0 < $1.0 }
        var members: [Int] = []
        var marks = [UInt32](repeating: 0, count: Self.markWords(others.count))
        var (here, there) = (0, 0)
        while here < own.count, there < others.count {
            let (name, other) = (own[here].0, others[there])
            if name == other, own[here].1 >= 0 {
                members.append(Int(own[here].1))
                marks[there / 32] |= 1 << UInt32(there % 32)
            }
            here += name <= other ? 1 : 0
            there += other <= name ? 1 : 0
        }
        return Meeting(members: members.sorted(), marks: marks)
    }

    /// For the second holder.
    ///
    /// - Returns: places among this holder's keys, ascending; nil where something is marked that is no key of this list.
    public func members(_ marks: [UInt32]) -> [Int]? {
        guard marks.count == Self.markWords(names.count) else { return nil }
        var members: [Int] = []
        for (word, bits) in marks.enumerated() where bits != 0 {
            for bit in 0..<32 where bits >> UInt32(bit) & 1 == 1 {
                let place = 32 * word + bit
                guard place < places.count, places[place] >= 0 else { return nil }
                members.append(Int(places[place]))
            }
        }
        return members.sorted()
    }
}
