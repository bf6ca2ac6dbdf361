/// Words that stand in classifications of many offices and are nobody's name. Each value that a draft lists is made of them.
extension PublicWords {
    static let values: Set<String> = Set(
        [general, answers, life, economy, goods, languages, tongues, calendar, scripts].flatMap {
            $0.split { $0.isWhitespace }
        }
        .map(String.init))

    /// Degrees, answers, states of a case, times, units.
    private static let general = """
        low lower lowest medium med mid middle high higher highest vhigh vlow very small smaller big bigger large larger tiny \
        huge micro more less least most none no not nothing few many some several good vgood bad poor fair excellent average \
        acc unacc acceptable unacceptable satisfactory sufficient insufficient yes true false unknown other others all any \
        both each single double triple multiple never always sometimes often rarely seldom frequently occasionally public \
        private full part partial half total subtotal whole new newly old older used unused active inactive open opened \
        closed pending approved rejected accepted declined cancelled canceled completed complete incomplete done started \
        draft final provisional estimated confirmed unconfirmed valid invalid expired suspended paid unpaid overdue due \
        delivered shipped returned lost resolved unresolved ongoing finished failed passed pass positive negative neutral \
        normal abnormal mild moderate severe critical fatal light heavy weak strong extreme minor major primary secondary \
        tertiary quaternary basic standard premium gold silver bronze platinum regular irregular special general mixed \
        simple advanced beginner intermediate expert internal external domestic foreign national international regional \
        local federal central global abroad overseas home away online offline onsite remote manual automatic electronic \
        digital analog paper mail mailed email phone telephone mobile fixed landline internet web app letter visit call \
        year years yearly annual annually month months monthly week weeks weekly day days daily quarter quarters quarterly \
        hour hours hourly minute minutes per once twice morning noon afternoon evening night monday tuesday wednesday \
        thursday friday saturday sunday mon tue wed thu fri sat sun january february march april may june july august \
        september october november december jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall \
        winter weekday weekend holiday before after during under below over above between up down to from than and or of \
        with without in on at by for the a an as is end begin early late recent current former past future first second \
        third fourth fifth last next previous one two three four five six seven eight nine ten zero kg g t l ml m km cm mm \
        kwh mwh gwh tj pieces piece number numbers units unit pairs pair litres tonnes tons kilograms kilogram ton percent \
        level class classes category group type kind grade band stage phase tier rate rated scale size sized long short \
        term red green blue black white yellow orange brown grey gray pink purple violet round square flat fine coarse \
        north south east west northern southern eastern western northeast northwest southeast southwest centre center \
        capital coast coastal island isles mountain hills valley plain plains delta lake lakes river border harbour harbor \
        port ports inland upland lowland district region state province county city town village rural urban suburban \
        metropolitan municipality country world area zone sector
        """

    /// Persons in classes: sex, family, work, education, health, housing.
    private static let life = """
        male female man woman men women diverse nonbinary sex gender person persons people household households family \
        families children child adult adults minor teenager youth senior junior elderly infant baby pensioner married \
        unmarried divorced widowed widow widower separated partnership cohabiting civil union spouse husband wife parent \
        parents relative never employed unemployed employee employer worker workers retired student students pupil trainee \
        apprentice self owner tenant renter rented owned free lodger employment unemployment job jobs seeking unable work \
        working nonworking military police army clerk cook cleaner driver teacher nurse doctor engineer technician \
        manager managers management professional professionals executive executives craft repair sales salesman clerical adm exec prof \
        specialty speciality tech protect serv farming fishing handlers machine operator operators assistant secretary \
        labourer laborer plumber electrician carpenter mechanic builder waiter waitress bartender chef hairdresser lawyer accountant \
        architect scientist researcher artist musician journalist farmer fisher miner soldier firefighter pharmacist dentist \
        physician carer caregiver housekeeper homemaker guard inc incorporated gov government pay \
        education school schooling primary secondary vocational college university degree diploma bachelor bachelors master \
        masters doctorate phd graduate graduated undergraduate postgraduate kindergarten preschool elementary hs grad assoc \
        acdm voc some certificate licence apprenticeship illiterate literate health healthy sick disabled disability illness \
        disease chronic acute infection injury accident surgery emergency \
        outpatient inpatient ambulatory hospital clinic ward surgical cardiology oncology neurology paediatrics pediatrics \
        psychiatry radiology orthopaedics orthopedics urology dermatology gynaecology maternity intensive care treatment \
        therapy test tested vaccinated unvaccinated smoker smoking nonsmoker alcohol insured uninsured statutory dead alive \
        deceased recovered discharged admitted planned unplanned elective housing house houses flat apartment dwelling room \
        rooms detached semi terraced shelter homeless homelessness institution mortgage rent social wages documents violence \
        benefit benefits allowance pension income native immigrant immigrants migrant refugee citizen citizens resident nonresident foreigner \
        asylum visa permit christian catholic protestant orthodox muslim islam jewish hindu buddhist atheist religion asian \
        african american european caucasian hispanic latino pacific islander indigenous
        """

    /// Branches, firms, money, services, transport, trade.
    private static let economy = """
        agriculture agricultural forestry hunting mining quarrying manufacturing manufacture industry industrial industries \
        production energy electricity gas steam water supply sewerage waste recycling construction building retail wholesale \
        trade trading commerce transport transportation storage logistics accommodation hotel hotels restaurant restaurants \
        catering cleaning hospitality tourism information communication communications telecom telecommunications media \
        publishing finance financial banking bank banks insurance real estate property legal accounting consulting \
        administrative administration support security defence defense services service activities arts entertainment \
        recreation sports sport culture cultural education utilities utility automotive aerospace chemical chemicals \
        pharmaceutical pharmaceuticals pharma biotech software hardware electronics it technology science scientific \
        professional technical extraterritorial organisations organizations company companies corporation cooperative \
        partnership association foundation charity ltd limited liability plc gmbh ag sa srl sole proprietor proprietorship \
        branch subsidiary headquarters holding freelance nonprofit profit loss import imports imported export exports \
        exported reexport reimport reexports reimports transit flow flows inward outward arrival arrivals dispatch \
        dispatches customs duty duties tariff tax taxes taxed exempt preference preferential regime quota licence \
        inspection origin destination processing temporary sea road rail railway air post postal pipeline ship shipping \
        vessel truck lorry van car cars bus train tram metro bicycle bike motorcycle plane aircraft foot walking taxi ferry \
        inland waterway waterways own propulsion container courier express cash card credit debit check cheque transfer \
        direct invoice instalment instalments loan loans savings deposit account current checking overdraft leasing mortgage \
        prepaid postpaid contract family business unlimited plan bundle fiber fibre optic dsl cable broadband wireless \
        satellite streaming subscription customer customers client clients supplier suppliers consumer buyer seller \
        standing order bonds stocks shares funds equity investment currency euro dollar dollars pound yen franc \
        value values price prices cost costs revenue turnover budget expenditure micro enterprise enterprises sme
        """

    /// What is made, grown, sold and burnt.
    private static let goods = """
        food foods beverages drink drinks meat beef pork poultry chicken fish seafood dairy milk cheese butter eggs egg \
        fruit fruits apple apples banana bananas grapes citrus vegetable vegetables potato potatoes tomato tomatoes onion \
        onions cereal cereals grain grains wheat barley rye oats oat maize corn rice sorghum millet soy soya soybean \
        soybeans beans bean peas lentils rapeseed sunflower cotton flax hemp sugar beet cane coffee tea cocoa tobacco wine \
        beer spirits bread oil oils fat fats crop crops fodder grass pasture meadow vineyard orchard cattle cow cows pig \
        pigs sheep goat goats horse horses bees dog cat dogs cats bird birds live animal animals plant plants wood timber \
        paper pulp printing textile textiles clothing apparel garments footwear leather fur wool silk linen rubber plastic \
        plastics glass ceramic ceramics stone stones clay sand cement concrete lime salt sulphur ores ore metal metals \
        iron steel aluminium aluminum copper zinc tin lead nickel mineral minerals coal coke petroleum petrol diesel \
        gasoline kerosene fuel fuels hydrogen electric electrical electricity hybrid solar wind hydro nuclear biomass \
        geothermal renewable fossil heat heating machinery machines equipment tools vehicles vehicle parts furniture toys \
        medical instruments optical precision computer computers medicine medicines drugs fertiliser fertilizers paint \
        paints soap cosmetics perfume jewellery jewelry weapons arms works art antiques batteries battery cables \
        semiconductors semiconductor circuits integrated products product goods commodity commodities articles article \
        materials material raw processed fresh frozen dried canned organic conventional
        """

    /// German, French, Spanish, Italian, Dutch, Polish and others.
    private static let languages = """
        ja nein niedrig gering mittel mittlere hoch höher klein kleine mittlere groß große gross sehr gut befriedigend \
        ausreichend mangelhaft schlecht männlich weiblich divers ledig verheiratet geschieden verwitwet getrennt handel \
        einzelhandel großhandel grosshandel verkehr energie gesundheit bau baugewerbe industrie gewerbe handwerk \
        landwirtschaft bergbau dienstleistung dienstleistungen verwaltung bildung erziehung banken versicherung gastgewerbe \
        nord süd sud ost west mitte sonstige sonstiges andere keine kein unbekannt offen geschlossen aktiv inaktiv neu alt \
        bezahlt ausstehend angestellt angestellte arbeiter arbeiterin beamte selbständig selbstständig arbeitslos rentner student studentin schüler \
        stadt land dorf einfuhr ausfuhr roggen weizen gerste hafer mais raps kartoffeln rot grün blau gelb schwarz weiß \
        oui non faible moyen moyenne élevé élevée bas basse haut haute homme femme hommes femmes masculin féminin est ouest \
        nord autre autres inconnu célibataire marié mariée divorcé divorcée veuf veuve ouvert fermé actif inactif \
        agriculture industrie commerce transport santé éducation petit petite grand grande ouvrier employé cadre retraité \
        retraitée chômeur étudiant rouge vert bleu noir blanc jaune blé orge seigle avoine importation exportation \
        bajo baja medio media alto alta sí si hombre mujer hombres mujeres masculino femenino norte sur este oeste otro otra \
        otros soltero soltera casado casada divorciado divorciada viudo viuda desconocido activo inactivo abierto cerrado \
        agricultura industria comercio transporte salud educación servicios pequeño grande rojo verde azul negro blanco \
        importación exportación trigo cebada basso bassa alto uomo donna maschio femmina altro altra celibe nubile coniugato \
        coniugata divorziato divorziata vedovo vedova aperto chiuso attivo inattivo agricoltura commercio trasporti sanità \
        istruzione servizi piccolo rosso bianco nero frumento orzo nee laag gemiddeld hoog man vrouw mannelijk vrouwelijk \
        overig onbekend gehuwd ongehuwd gescheiden verweduwd landbouw bouw handel vervoer zorg onderwijs klein groot tak \
        nie niski średni wysoki mężczyzna kobieta inne inny nieznany przemysł rolnictwo handel budownictwo północ południe \
        wschód zachód żonaty zamężna rozwiedziony sim não baixo médio alto homem mulher outro masculino feminino norte sul \
        leste oeste ja nej nei kyllä ei mand kvinde kvinna mies nainen ano ne muž žena igen nem férfi nő да нет мужской \
        женский
        """
}
