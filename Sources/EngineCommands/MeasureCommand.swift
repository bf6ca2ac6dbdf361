package import ArgumentParser
import Attestation

/// `entrepot measure FILE.eif`: the measurements that an enclave image will have.
package struct MeasureCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Computes PCR0, 1, 2 (and 8) of an AWS Nitro enclave image.",
        discussion: "Example: entrepot measure entrepot.eif")

    @Argument(help: "The enclave image.")
    var file: String

    package init() {}

    package func run() async throws {
        try await CommandFailure.reported {
            do {
                let image = try EnclaveImage(path: file)
                for (register, value) in image.measurements.sorted(by: { $0.key < $1.key }) {
                    Console.show("\(register) \(value)")
                }
            } catch let error as EnclaveImage.Problem {
                throw CommandFailure("\(file) is not an enclave image that can be measured: \(error)", code: .badData)
            }
        }
    }
}
