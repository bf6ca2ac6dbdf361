import Domains
import GraphicalModels
import LinearAlgebra
import Tables

/// A Gaussian copula over ordered columns, given the classes that the graphical model draws.
///
/// Row by row, with e from the normal distribution with correlation matrix `correlation`: the latent number of column j
/// is Σ means(class)ⱼ + deviationsⱼ · eⱼ. Its distribution function turns it into a share, and the column's own
/// distribution turns the share into a code. So the one-way marginals are the noisy ones exactly, whatever the rest.
public struct LatentNormals: Sendable, Equatable {
    /// The shift of every latent number in each class of an attribute.
    public struct ClassMeans: Sendable, Equatable {
        /// Place in the model's attributes.
        public let attribute: Int
        /// Row-major: for each group of the attribute one number a column.
        public let means: [Double]
    }

    /// Column indices, ascending.
    public let columns: [Int]
    /// The correlation matrix within classes; row-major.
    public let correlation: [Double]
    /// The standard deviations within classes.
    public let deviations: [Double]
    /// The shifts of each attribute that has classes; none for one normal law over all rows.
    public let classes: [ClassMeans]
    /// The Cholesky factor of `correlation`: lower triangle, row by row.
    let factor: [Double]

    /// - Throws: if `correlation` is not positive definite.
    init(
        columns: [Int], correlation: Matrix, deviations: [Double], classes: [ClassMeans]
    ) throws(LinearAlgebraError) {
        self.columns = columns
        self.correlation = correlation.values
        self.deviations = deviations
        self.classes = classes
        factor = try correlation.cholesky().lowerTriangle
    }
}

/// The copula in a model file.
struct LatentNormalsFile: Codable {
    struct Classes: Codable {
        var attribute: Int
        var means: NumberArray
    }

    var columns: [Int]
    var correlation: NumberArray
    var deviations: NumberArray
    var classes: [Classes]

    init(_ latents: LatentNormals) {
        columns = latents.columns
        correlation = NumberArray(latents.correlation)
        deviations = NumberArray(latents.deviations)
        classes = latents.classes.map { Classes(attribute: $0.attribute, means: NumberArray($0.means)) }
    }

    /// Checks every figure that drawing relies on.
    ///
    /// - Parameter cliques: of the graphical model; a latent column stands alone in its own.
    func latents(
        _ domain: TableDomain, attributes: [ModelAttribute], cliques: [Factor]
    ) throws(SynthesisError) -> LatentNormals {
        let derived = domain.derivationOf
        let computed = domain.computedColumns
        guard !columns.isEmpty, zip(columns, columns.dropFirst()).allSatisfy({ $0 < $1 }),
            columns.allSatisfy({ domain.columns.indices.contains($0) && derived[$0] == nil && !computed.contains($0) })
        else { throw .malformedModel("the latent columns are not columns of the domain") }
        let size = columns.count
        guard let entries = correlation.doubles, entries.count == size * size,
            entries.allSatisfy({ abs($0) <= 1 + 1e-9 }),
            let matrix = try? Matrix(rows: size, columns: size, values: entries),
            columns.indices.allSatisfy({ i in
                abs(matrix[i, i] - 1) < 1e-9 && (0..<i).allSatisfy { abs(matrix[i, $0] - matrix[$0, i]) < 1e-9 }
            })
        else { throw .malformedModel("the correlations are not those of the latent columns") }
        guard let deviations = deviations.doubles, deviations.count == size,
            deviations.allSatisfy({ $0 > 0 && $0 <= 1 })
        else { throw .malformedModel("the deviations of the latent columns are out of range") }
        let latent = Set(columns)
        for clique in cliques where clique.attributes.count > 1 {
            guard clique.attributes.allSatisfy({ !latent.contains(attributes[$0].column) }) else {
                throw .malformedModel("a table holds a latent column")
            }
        }
        var known: [LatentNormals.ClassMeans] = []
        for one in classes {
            guard attributes.indices.contains(one.attribute), !latent.contains(attributes[one.attribute].column),
                let means = one.means.doubles, means.count == attributes[one.attribute].size * size,
                means.allSatisfy({ abs($0) <= 10 })
            else { throw .malformedModel("the means of a class do not fit its attribute") }
            known.append(LatentNormals.ClassMeans(attribute: one.attribute, means: means))
        }
        do {
            return try LatentNormals(columns: columns, correlation: matrix, deviations: deviations, classes: known)
        } catch {
            throw .malformedModel("the correlations are not positive definite")
        }
    }
}
