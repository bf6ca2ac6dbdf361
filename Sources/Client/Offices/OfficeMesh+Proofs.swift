import Attestation
import Dispatch
import NIOCore
import SecretSharing
import Synchronization
import Tasks

/// What goes before the greeting on each connection, where the task names programs that offices must prove to run.
extension OfficeMesh {
    /// The offices that have proved what they run, as the task asks them, in the order of the task.
    public var attested: [AttestedOffice] {
        state.withLock { state in state.attested.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Says the first words over a new connection: a challenge where the task asks something of the other end, and the greeting once
    /// neither end has anything left to prove.
    func begin(with peer: Int, over channel: any Channel, _ state: inout State) {
        let proving = configuration.proofs?.proving(of: peer) ?? OfficeProving(nonce: nil, owes: false)
        state.proving[peer] = proving
        if let nonce = proving.nonce {
            send(Self.frame(.challenge(nonce)), over: channel)
            channel.eventLoop.scheduleTask(in: .seconds(Int64(OfficeProofs.patience))) {
                self.proofIsLate(of: peer, over: channel)
            }
        }
        greet(peer, over: channel, &state)
    }

    private func greet(_ peer: Int, over channel: any Channel, _ state: inout State) {
        guard state.proving[peer]?.isOver == true else { return }
        send(Self.frame(.greeting(state.rounds.greeting(to: peer))), over: channel)
    }

    /// Nothing is taken of an office that has not proved what it runs, but that it stops.
    func checkProved(_ message: SumMessage, from peer: Int, _ state: State) throws(SumRefusal) {
        switch message {
        case .failure, .pause: return
        default:
            guard state.proving[peer]?.awaits == true else { return }
            throw unattested(peer, "it sent something else in place of evidence.", 2)
        }
    }

    /// Another office asks what this one runs.
    func challenged(_ nonce: [UInt8], by peer: Int, over channel: any Channel, _ shown: HTTPConnection.Peer) {
        let isAsked = state.withLock { state -> Bool? in
            guard state.failure == nil, state.channels[peer] === channel else { return nil }
            return state.proving[peer]?.challenge() == true
        }
        guard let isAsked else { return }
        guard isAsked, let proofs = configuration.proofs else { return receivedUnreadable(from: peer) }
        let key = configuration.key.publicKey.subjectPublicKeyInfo
        Task.detached { [self] in
            do {
                let evidence = try await proofs.evidence(answering: nonce, key: key, exporter: shown.exporter)
                state.withLock { state in
                    guard state.failure == nil, state.channels[peer] === channel else { return }
                    send(Self.frame(.evidence(evidence)), over: channel)
                    state.proving[peer]?.answer()
                    greet(peer, over: channel, &state)
                }
            } catch {
                guard state.withLock({ $0.channels[peer] === channel }) else { return }
                fail(unattested(configuration.place, "its evidence could not be made (\(error)).", 1))
                news.signal()
            }
        }
    }

    /// Evidence of another office. It is verified on the connection's own thread: what comes behind it waits.
    func received(evidence json: [UInt8], from peer: Int, over channel: any Channel, _ shown: HTTPConnection.Peer) {
        let isCurrent = state.withLock { $0.failure == nil && $0.channels[peer] === channel }
        guard isCurrent else { return }
        guard let proofs = configuration.proofs, let proving = state.withLock({ $0.proving[peer] }), proving.awaits,
            let nonce = proving.nonce
        else { return receivedUnreadable(from: peer) }
        do {
            let evidence = try proofs.verify(
                json, of: peer, nonce: nonce, key: configuration.keys[peer].subjectPublicKeyInfo,
                exporter: shown.exporter)
            state.withLock { state in
                guard state.channels[peer] === channel else { return }
                state.proving[peer]?.accept()
                state.attested[peer] = AttestedOffice(
                    name: configuration.names[peer], format: evidence.format, evidence: json)
                greet(peer, over: channel, &state)
            }
        } catch {
            fail(unattested(peer, OfficeProofs.words(error), error.exitCode))
        }
        news.signal()
    }

    private func proofIsLate(of peer: Int, over channel: any Channel) {
        let isLate = state.withLock { $0.channels[peer] === channel && $0.proving[peer]?.awaits == true }
        guard isLate else { return }
        fail(unattested(peer, "no evidence came in \(OfficeProofs.patience) s.", 2))
        news.signal()
    }

    private func unattested(_ place: Int, _ reason: String, _ code: Int32) -> SumRefusal {
        .unattested(of: configuration.names[place], reason: reason, exitCode: code)
    }
}
