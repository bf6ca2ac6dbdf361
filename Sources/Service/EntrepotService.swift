import CProcess
import Foundation
import Logging
import ServiceLifecycle
public import UnixSignals

/// The service: one task, from signatures to samples.
///
/// ```swift
/// try await EntrepotService(configuration).run()
/// ```
public struct EntrepotService: Sendable {
    let driver: TaskDriver
    private let configuration: ServiceConfiguration

    /// Opens the state, plans the fit, and finds out how far the task has got. Nothing listens yet.
    ///
    /// - Throws: `ServiceError`, in words for the operator.
    public init(_ configuration: ServiceConfiguration) throws {
        self.configuration = configuration
        self.driver = TaskDriver(try TaskStart(configuration))
    }

    /// Serves until the process is asked to end (SIGTERM, SIGINT); requests under way are answered first.
    public func run(signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
        CoreDumps.forbid(configuration.logger)
        let registry = ConnectionRegistry(limits: configuration.parentSocket == nil ? .init() : .behindParent)
        let server = HTTPServer(
            host: configuration.host, port: configuration.port, parentSocket: configuration.parentSocket,
            identity: driver.identity,
            responder: RequestResponder(
                identify: { [task = configuration.specification, watcher = configuration.watcherKey] key in
                    Caller(publicKeyInfo: key, of: task, watcher: watcher)
                },
                handler: driver, metrics: driver.metrics, logger: configuration.logger),
            logger: configuration.logger.quiet, onListening: configuration.onListening,
            registry: registry)
        await driver.resume()
        let services: [any Service] = [
            BoundedServer(server: server.service(), registry: registry, forcesEnd: configuration.forcesEnd),
            DeadlineWatch(driver: driver),
        ]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: signals, logger: configuration.logger.quiet))
        do {
            try await group.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ServiceError.cannotListen(address: configuration.address, reason: "\(error)")
        }
    }
}

/// Enforces deadlines even when no request arrives.
private struct DeadlineWatch: Service {
    let driver: TaskDriver

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await driver.expire()
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// A server that ends in time: once it was asked to end, requests under way have some seconds, then their connections are
/// closed. Everything that counts is durable in the ledger by then.
private struct BoundedServer: Service {
    let server: any Service
    let registry: ConnectionRegistry
    /// Whether the process ends a little later even if something does not let go.
    let forcesEnd: Bool

    private static let patience = Duration.seconds(7)

    func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return true
            }
            group.addTask {
                await closeInTime()
                return false
            }
            for try await isServer in group where isServer {
                group.cancelAll()
                break
            }
        }
    }

    private func closeInTime() async {
        guard (try? await gracefulShutdown()) != nil else { return }
        if forcesEnd {
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 9)
                _exit(0)
            }
        }
        guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
        registry.closeAll()
    }
}

/// Keeps tables out of core files and from other processes of the same user.
private enum CoreDumps {
    static func forbid(_ logger: Logger) {
        if entrepot_forbid_core_dumps() != 0 { logger.error("core dumps could not be forbidden") }
    }
}

extension Logger {
    /// The same log without the chatter of the libraries below.
    fileprivate var quiet: Logger {
        var logger = self
        logger.logLevel = max(logLevel, .warning)
        return logger
    }
}
