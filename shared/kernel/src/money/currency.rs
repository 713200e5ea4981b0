//! The currencies of ISO 4217.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// A text that is not a currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a three-letter currency code of ISO 4217, such as EUR")]
pub struct CurrencyError;

/// Codes whose minor unit is a hundredth, sorted.
const HUNDREDTHS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL \
BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR \
FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT \
LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK \
NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR \
ZMW ZWG";
/// Codes without a minor unit.
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Codes whose minor unit is a thousandth.
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Codes whose minor unit is a ten-thousandth.
const TEN_THOUSANDTHS: &str = "CLF UYW";

fn lists(codes: &str, code: &str) -> bool {
    codes
        .as_bytes()
        .chunks(4)
        .any(|entry| &entry[..3] == code.as_bytes())
}

impl Currency {
    /// Accepts three upper-case letters known to ISO 4217.
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        let letters = <[u8; 3]>::try_from(code.as_bytes()).map_err(|_| CurrencyError)?;
        let known = [HUNDREDTHS, WHOLE, THOUSANDTHS, TEN_THOUSANDTHS];
        if known.iter().any(|codes| lists(codes, code)) {
            Ok(Self(letters))
        } else {
            Err(CurrencyError)
        }
    }

    /// Returns the three letters.
    pub fn code(&self) -> &str {
        // Only ASCII letters pass `parse`, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns how many decimals the major unit has: 2 for EUR, 0 for JPY.
    pub fn decimals(self) -> u32 {
        let code = self.code();
        if lists(WHOLE, code) {
            0
        } else if lists(THOUSANDTHS, code) {
            3
        } else if lists(TEN_THOUSANDTHS, code) {
            4
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_are_accepted_with_their_decimals() {
        for (code, decimals) in [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)] {
            let currency = Currency::parse(code).unwrap();
            assert_eq!((currency.code(), currency.decimals()), (code, decimals));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for code in ["", "eur", "EU", "EURO", "XXX", "UR ", "R U", "€", "ZZZ"] {
            assert_eq!(Currency::parse(code), Err(CurrencyError), "{code}");
        }
    }

    #[test]
    fn every_listed_code_reads_back() {
        for codes in [HUNDREDTHS, WHOLE, THOUSANDTHS, TEN_THOUSANDTHS] {
            for code in codes.split(' ') {
                assert_eq!(Currency::parse(code).unwrap().code(), code);
            }
        }
    }
}
