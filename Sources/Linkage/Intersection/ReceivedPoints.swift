import Dispatch
import Synchronization

/// All points that the other party sent, until they are answered.
///
/// They are held in blocks, and a block is given back once its points are answered: what is known of the answers takes its
/// place. Of a million points both together never take more than the points did.
public final class ReceivedPoints: Sendable {
    /// Points of a block, but the last: a megabyte, which an allocator takes from the system and gives back at once.
    public static let block = 1 << 15

    /// Each full but the last.
    private let blocks = Mutex<[[UInt8]]>([])

    /// None.
    public init() {}

    /// Adds points of 32 bytes each; what is left over counts for nothing.
    public func append(_ points: ArraySlice<UInt8>) {
        let whole = points.prefix(points.count / CurveName.size * CurveName.size)
        blocks.withLock { blocks in
            var rest = whole
            while !rest.isEmpty {
                if blocks.last.map({ $0.count == Self.block * CurveName.size }) ?? true {
                    var block: [UInt8] = []
                    block.reserveCapacity(min(rest.count, Self.block * CurveName.size))
                    blocks.append(block)
                }
                let last = blocks.count - 1
                let room = rest.prefix(Self.block * CurveName.size - blocks[last].count)
                blocks[last].append(contentsOf: room)
                rest = rest.dropFirst(room.count)
            }
        }
    }

    /// How many there are.
    var count: Int { blocks.withLock { $0.reduce(0) { $0 + $1.count } } / CurveName.size }

    /// Whether a point stands there twice. Looked at in eight parts, which take an eighth of the memory.
    var haveRepeats: Bool {
        blocks.withLock { blocks in
            (UInt8(0)..<8).contains { part in
                let prints = PointPrints(capacity: 0)
                for block in blocks { prints.append(block) { $0 >> 5 == part } }
                return prints.sortedHaveRepeats()
            }
        }
    }

    /// Whether each is the x of a point of the curve.
    var areOnCurve: Bool {
        let blocks = blocks.withLock { $0 }
        let isOff = Mutex(false)
        DispatchQueue.concurrentPerform(iterations: blocks.count) { number in
            let block = blocks[number]
            for start in stride(from: 0, to: block.count, by: CurveName.size)
            where CurveRoot.y(block[start..<start + CurveName.size]) == nil {
                return isOff.withLock { $0 = true }
            }
        }
        return !isOff.withLock { $0 }
    }

    /// Puts them in an order that nobody knows.
    func shuffle() {
        let count = count
        blocks.withLock { blocks in
            for place in stride(from: count - 1, to: 0, by: -1) {
                let other = Int.random(in: 0...place)
                let (one, two) = (place / Self.block, other / Self.block)
                let (here, there) = (place % Self.block * CurveName.size, other % Self.block * CurveName.size)
                for byte in 0..<CurveName.size {
                    let held = blocks[one][here + byte]
                    blocks[one][here + byte] = blocks[two][there + byte]
                    blocks[two][there + byte] = held
                }
            }
        }
    }

    /// The next of the blocks, which is no longer held here; nil once all are gone.
    func takeBlock() -> [UInt8]? {
        blocks.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
