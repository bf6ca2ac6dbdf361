import Statistics
import VectorMath

extension CutNormals {
    static let shared = CutNormals(
        distribution: { Normal.distribution($0) }, quantile: { Normal.quantile($0) })
}
