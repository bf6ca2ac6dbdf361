/// Names of columns that tell of one person or firm, in the languages of the offices. What stands in a column is examined
/// besides: a name that is not here permits nothing.
enum PrivateNames {
    /// Whether a column's name says that it identifies, reaches or admits somebody. No class word beside it makes it less so.
    static func isIdentifier(_ facts: ColumnFacts) -> Bool {
        facts.isCalled(secrets) || facts.isCalled(identifiers) || has(facts.words, joinedSecrets)
    }

    /// Whether no word of a class beside it can mean anything else: `pin_code`, `account_iban`.
    static func isSecret(_ facts: ColumnFacts) -> Bool { facts.isCalled(secrets) || has(facts.words, joinedSecrets) }

    /// Whether a column's name tells of persons, of their things, or of free text.
    static func isPersonal(_ facts: ColumnFacts) -> Bool {
        facts.isCalled(persons) || facts.isCalled(identifiers) || isSecret(facts) || has(facts.words, joinedPersons)
            || facts.words.contains { word in
                ends.contains { word.hasSuffix($0) } || beginnings.contains { word.hasPrefix($0) }
            }
    }

    /// Words that are known to stand in the names of columns.
    static var words: Set<String> { persons.union(identifiers).union(secrets) }

    /// Names of two words, such as `codice_fiscale`.
    private static func has(_ words: [String], _ joined: Set<String>) -> Bool {
        zip(words, words.dropFirst()).contains { joined.contains($0 + " " + $1) }
    }

    private static func set(_ text: String) -> Set<String> { Set(text.split { $0.isWhitespace }.map(String.init)) }

    /// What admits somebody, or is one person's number and nothing else.
    private static let secrets = set(
        """
        pin pincode pw pwd passwd password passwort kennwort passcode passphrase contraseña contrasena senha wachtwoord \
        secret otp cvv cvc token salt hash apikey username login user userid \
        iban bic ssn nino nin bsn cpr pesel nip egn oib jmbg personnummer personalnumber cf nif nie dni cpf cnpj rut curp \
        cuil cuit nir nhs codicefiscale steuerid steueridnr idnr svnr ahv avs insz rijksregisternummer hetu rodnecislo \
        passport passportno reisepass ausweis personalausweis \
        email mail emailaddress correo courriel msisdn imsi imei uuid guid \
        dob birthdate birthday dateofbirth birthplace geburtsdatum geburtstag geburtsort geboortedatum datanascita \
        fechanacimiento datenaissance fødselsdato fodselsdato födelsedatum fodelsedatum syntymäaika
        """)

    private static let joinedSecrets: Set<String> = [
        "codice fiscale", "social security", "national insurance", "national id", "tax id", "id card", "steuer id",
        "date birth", "birth date", "geb datum", "data nascita", "fecha nacimiento", "date naissance", "numéro sécu",
        "carte identité", "credit card", "card number", "bank account", "pin code", "e mail",
    ]

    private static let joinedPersons: Set<String> = [
        "first name", "last name", "full name", "given name", "family name", "maiden name", "place birth",
    ]

    private static let identifiers = set(
        """
        phone telephone tel mobile mobil cell cellphone fax swift account acct konto kontonummer kontonr vat isin lei url ip \
        mac license licence plate handy telefon telefono teléfono téléphone portable cellulare telefoon mobiel gsm tlf \
        puhelin telefonnummer rufnummer compte cuenta conto rekening rekeningnummer kfz kennzeichen targa matricula \
        matrícula immatriculation kenteken steuernummer steuernr ustid ustidnr partitaiva piva siret siren kvk taxid taxno \
        taxnumber invoice contract policy policyno mrn patientid medicalrecord versichertennummer kvnr krankenkassennummer
        """)

    private static let persons = set(
        """
        name names surname firstname lastname forename givenname fullname middlename initials contact person patient doctor \
        physician address addr street note notes comment comments remark remarks description desc memo text owner \
        employee employer caseworker signature customer client spouse maiden nickname pass manager supervisor author \
        gps lat lon lng latitude longitude coordinates geolocation \
        birth born geb geburt naissance naissances né née nascita nato nacimiento nacido geboorte geboren fødsel födelse \
        syntymä urodzenia narození narodenia születés doğum nasc nascimento \
        zip zipcode plz postleitzahl postcode postal postnummer postnr cap codigopostal codepostal \
        nachname vorname familienname adresse anschrift strasse straße hausnummer kunde kundin sachbearbeiter mitarbeiter \
        arzt ärztin bemerkung bemerkungen notiz kommentar vertrag rechnung inhaber ansprechpartner name1 \
        nom noms prénom prenom prénoms médecin medecin rue domicile employé remarque commentaire signataire titulaire \
        apellido apellidos nombre nombres dirección direccion domicilio calle cliente médico medico paciente observaciones \
        comentario titular empleado \
        cognome nome nominativo indirizzo via paziente osservazioni commento titolare dipendente \
        naam achternaam voornaam adres straat klant arts opmerking opmerkingen medewerker patiënt \
        imię imie nazwisko adres ulica uwagi pacjent klient jméno jmeno příjmení prijmeni priezvisko név vezetéknév keresztnév \
        cím navn fornavn etternavn efternavn namn förnamn fornamn efternamn nimi sukunimi etunimi osoite adresă adresa ime \
        prezime sobrenome apelido endereço endereco morada isim soyad soyadı adı
        """)

    /// Beginnings of compound words.
    private static let beginnings = [
        "kunden", "mitarbeiter", "sachbearbeiter", "patient", "personen", "strassen", "geburts", "telefon",
        "versicherten",
        "geboorte", "födelse", "fødsels", "mitglieds", "ansprech",
    ]
    /// Ends of compound words.
    private static let ends = [
        "nachname", "vorname", "strasse", "straße", "adresse", "nummer", "telefon", "ausweis", "anschrift", "naam",
        "namn",
        "passwort", "password",
    ]
}
