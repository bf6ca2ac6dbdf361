import Crypto
import CryptoExtras
import X509
import SwiftASN1
