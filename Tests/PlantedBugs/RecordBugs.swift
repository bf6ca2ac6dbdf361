@testable import PrivacyKernel

extension Kernel {
    @_dynamicReplacement(for:publish(_:_:changingOne:))
    func publishWrongly(
        _ answer: Answer, _ payment: Payment, changingOne factor: UInt64
    ) throws(PrivacyError) {
        let nothing = Payment(root: payment.root, units: 0)
        switch (PlantedBug.active, answer) {
        case (.releaseUncharged, _) where transcript.releases.isEmpty:
            try publish(answer, nothing, changingOne: factor)
        case (.selectionUncharged, .selection): try publish(answer, nothing, changingOne: factor)
        case (.changeOneSoldAsAddRemove, _): try publish(answer, payment, changingOne: 1)
        case (.unrecordedReturned, _): try? publish(answer, payment, changingOne: factor)
        case (.failureForgotten, _):
            do { try publish(answer, payment, changingOne: factor) } catch {
                transcript = Transcript(releases: transcript.releases.dropLast())
                throw error
            }
        default: try publish(answer, payment, changingOne: factor)
        }
    }
}
