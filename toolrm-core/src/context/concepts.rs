//! Words that mean nearly the same or belong to one topic, so that "a place to eat" meets `find_restaurants`; and opposites, so that
//! "the lowest" does not meet `highest_score`. Plain English as tools and people use it.

use std::{collections::HashMap, sync::LazyLock};

use super::stem;

/// Each row is one notion. A word may stand in several.
const ROWS: &[&str] = &[
    // doing
    "buy purchase order acquire shop",
    "book reserve reservation booking appointment schedule",
    "schedule plan calendar event meeting appointment agenda session reschedule",
    "pay payment transfer send transaction spend",
    "add plus sum total addition combine together",
    "subtract minus difference deduct subtraction",
    "multiply times product multiplication multiplied",
    "divide division quotient ratio divided",
    "combine concatenate concat join merge concatenation append",
    "sort arrange arranged order rank ascending descending smallest largest",
    "convert conversion exchange translate transform turn into change",
    "send message text email mail notify sms notification",
    "create make generate produce build new compose write draft",
    "delete remove erase cancel discard clear drop",
    "update modify edit change adjust alter revise replace rename",
    "find search locate seek look discover lookup browse nearby nearest",
    "get retrieve fetch obtain read view show display see access",
    "check verify validate confirm test inspect ensure determine valid",
    "compute calculate evaluate estimate determine solve work figure",
    "predict forecast projection project estimate prediction expect expected future",
    "compare difference comparison versus contrast",
    "recommend suggest suggestion advice advise guidance tip recommendation propose",
    "analyze analyse analysis examine study statistics",
    "play playback listen stream start hear",
    "pause stop halt end terminate",
    "log record track note register entry",
    "turn switch set power toggle control",
    "remind reminder alarm alert notify notification todo task",
    "run execute execution command shell terminal script launch",
    "list show all enumerate",
    "share ride cab taxi uber lyft trip",
    "install setup configure deploy configuration",
    "count number how many total amount",
    "upload post publish submit",
    "download export save",
    "rent hire lease rental",
    "travel trip journey vacation holiday visit tour tourism itinerary go going",
    "translate translation language speak",
    "learn course class lesson study education tutorial training",
    "complain complaint issue ticket problem report support",
    "remember recall forgot remind",
    "encrypt encode cipher hash decode decrypt",
    "draw plot chart graph visualize histogram figure image",
    "sell list sale auction",
    "cook recipe bake ingredient dish cooking cuisine",
    "invest investment invested portfolio stock return fund shares",
    "prove theorem proof",
    // weather and nature
    "weather forecast temperature rain raining sunny climate humidity wind snow hot cold umbrella precipitation humid degrees",
    "earthquake flood hurricane storm disaster fire wildfire",
    "animal species wildlife pet dog cat bird tiger lion elephant fish habitat",
    "plant tree flower garden crop seed soil forest vegetation",
    "river lake sea ocean water mountain island",
    "planet mars earth moon space star orbit solar astronomy galaxy",
    "pollution emission carbon footprint co2 air quality environment",
    "sunrise sunset daylight sun",
    // places
    "location place city town area address where state region country county zip district",
    "country nation population capital demographic people inhabitants census",
    "restaurant eat dine dinner lunch breakfast meal food cuisine eatery cafe diner hungry",
    "hotel house stay accommodation lodging room hostel airbnb apartment rental resort motel place night",
    "house home property estate apartment rent mortgage realty condo",
    "attraction museum park sightseeing landmark monument gallery tourist garden zoo",
    "map route direction navigate distance drive path way far road highway",
    "store shop grocery supermarket market mall retail",
    "hospital clinic doctor medical health patient physician nurse",
    "school university college student education grade exam teacher class",
    "library book novel author read reading literature",
    "airport flight fly plane airline airfare layover",
    "train rail railway bus transit metro subway station journey",
    "car vehicle automobile truck drive engine tire motor suv sedan hatchback van",
    "bank account balance deposit loan savings banking",
    "office work company business firm employer employee corporation enterprise",
    "theater theatre cinema movie film screen play show",
    "parking garage park",
    "gas fuel petrol station mileage",
    "hair salon stylist haircut barber unisex groom beauty",
    "therapist psychologist psychiatrist counselor therapy mental counselling doctor",
    "dentist dental tooth doctor",
    "gym workout exercise fitness training yoga",
    "ride cab taxi pickup destination",
    // people and doings
    "person people someone customer client member human profile",
    "artist musician singer painter actor celebrity",
    "music song album track artist band singer play playlist genre lyric melody metal pop rock jazz",
    "movie film cinema director actor cast genre watch imax showtime series",
    "concert show event festival performance play gig theater",
    "game video player gaming console score level character",
    "sport football soccer basketball baseball cricket tennis team match league player nba nfl score season championship",
    "art painting sculpture artwork museum exhibition gallery artist",
    "history historical event war battle century ancient empire treaty date happened",
    "law legal court case lawyer lawsuit attorney judge sue crime criminal",
    "information fact question answer wiki encyclopedia knowledge",
    "news headline article current events report latest",
    "religion holy church bible prayer god religious",
    "politics president election government senator mayor leader",
    "science scientist discovery invention inventor invented physics chemistry",
    "job career position vacancy employment hiring resume occupation salary work",
    "friend family son daughter mother father relative ancestor genealogy",
    "wedding party birthday ceremony celebration",
    "fashion clothes clothing dress shirt skirt jacket pants hat wear shoe outfit size product",
    "horoscope zodiac astrology sign",
    "toy lego",
    // money
    "price cost fee expensive cheap amount rate charge fare budget pay",
    "currency money dollar euro yen pound rupee usd eur gbp exchange rate",
    "stock share market ticker nasdaq equity trading price symbol",
    "interest compound rate apr yield growth annual mortgage loan",
    "tax income salary wage revenue earn",
    "revenue sales profit income earnings turnover",
    "crypto bitcoin ethereum blockchain coin wallet token",
    "insurance premium policy claim",
    "invoice bill receipt billing expense",
    "discount coupon sale promotion offer deal",
    "credit card debit",
    // numbers
    "area perimeter circumference surface size volume dimension square rectangle circle triangle geometry",
    "circle circular round radius diameter",
    "probability chance odds likely likelihood random dice coin card deck",
    "average mean median mode statistics deviation variance",
    "equation quadratic linear root polynomial algebra solve",
    "derivative integral calculus function limit integrate differentiate",
    "prime factor divisor multiple gcd hcf lcm factorial fibonacci number",
    "factor factorization factorize decompose",
    "matrix vector matrices array tensor",
    "percent percentage rate ratio proportion",
    "speed velocity acceleration motion fast",
    "force gravity mass energy newton work power physics",
    "electric electricity voltage current resistance magnetic field charge",
    "length height width distance tall long depth inch centimeter meter mile kilometer feet",
    "weight mass heavy kilogram pound bmi gram",
    "temperature celsius fahrenheit degree kelvin heat",
    "unit measure measurement metric conversion convert converter inch centimeter meter mile kilometer foot cup gram kilogram pound ounce liter tablespoon teaspoon gallon",
    "chemical molecule molecular compound element atom reaction formula chemistry gas",
    "cell biology protein dna gene genetic sequence genome organism",
    "largest biggest maximum max highest top greatest",
    "smallest minimum min lowest least",
    "logarithm log exponent power raised",
    "hypotenuse triangle euclidean norm distance",
    // time
    "date day today tomorrow week month year calendar",
    "time hour minute clock zone timezone when duration",
    "age birth born birthday old",
    // body and food
    "food nutrition calorie diet protein carb fat meal nutrient snack",
    "drink coffee tea beverage juice",
    "pizza burger sandwich topping fries",
    "disease illness symptom sick medicine drug treatment diagnosis pain",
    "heart blood pulse pressure",
    "sleep rest insomnia",
    "weight calorie bmi fat obesity",
    // computing
    "file folder directory document path disk drive desktop",
    "server host network ip domain dns node fabric cluster",
    "website web url page site link internet online http",
    "database sql table query row column record",
    "code program programming function script software algorithm python java repository",
    "password login sign account authenticate credential user username authentication",
    "api token key credential secret endpoint",
    "image picture photo graphic draw drawing photograph",
    "video clip youtube stream",
    "audio sound beat voice speech",
    "text string word sentence character letter phrase",
    "array list elements items sequence",
    "boolean true false",
    "html dom css element attribute tag render component",
    "json xml csv yaml parse",
    "message chat conversation talk reply answer question",
    "model machine learning neural regression training predict dataset",
    "cloud aws azure instance container kubernetes service",
    "version release update",
    "error bug exception issue fail",
    "device phone mobile appliance smart light lamp thermostat",
    "air conditioner cooling heating hvac purifier conditioning",
    "color colour rgb hex shade",
    "email inbox mail address",
    "package parcel shipment delivery shipping courier tracking",
    "product item inventory stock merchandise catalog goods",
    "order orders purchase delivery",
    "review rating feedback star opinion",
    "fingerprint hash checksum",
    "event occurrence incident",
    "laundry wash cleaning housekeeper maid ironing clean",
    "comment post tweet social facebook instagram twitter",
    "sensor reading measurement monitor",
    "vendor supplier provider",
    "metal gold silver copper",
    "quote saying proverb joke fact",
    "puzzle sudoku chess crossword board",
    "guitar piano violin instrument chord",
];

/// Words of which a tool that speaks of the one alone does not do the other.
const OPPOSITES: &[(&str, &str)] = &[
    ("highest high maximum max largest biggest most top", "lowest low minimum min smallest least bottom"),
    ("increase raise grow", "decrease reduce lower shrink"),
    ("profit gain income revenue", "loss expense cost"),
    ("login signin", "logout signout"),
    ("encrypt encode", "decrypt decode"),
    ("buy purchase", "sell"),
    ("start begin launch resume", "stop end terminate pause"),
    ("create add insert register", "delete remove cancel unregister"),
    ("import upload", "export download"),
    ("sunrise", "sunset"),
    ("lock", "unlock"),
    ("latest newest recent upcoming future next", "oldest earliest historical past previous"),
    ("add sum addition", "multiply divide subtract multiplication division"),
    ("multiply multiplication", "divide subtract division addition"),
    ("derivative differentiate", "integral integrate"),
    ("ascending", "descending"),
    ("deposit", "withdraw withdrawal"),
    ("mean average", "median mode"),
    ("birth born", "death died dead"),
    ("area", "perimeter circumference volume"),
    ("volume", "area perimeter circumference"),
    ("similar same", "complementary opposite contrasting"),
];

/// What the tables say of one stem.
#[derive(Debug, Default)]
pub(crate) struct Notions {
    /// The rows it stands in.
    pub rows: Vec<u16>,
    /// The opposites it takes a side in: the pair, and whether it is its second side.
    pub sides: Vec<(u16, bool)>,
}

static NOTIONS: LazyLock<HashMap<&'static str, Notions>> = LazyLock::new(|| {
    let mut notions: HashMap<&'static str, Notions> = HashMap::new();
    let stems = |text: &'static str| text.split(' ').map(stem);
    for (row, text) in (0u16..).zip(ROWS) {
        stems(text).for_each(|s| notions.entry(s).or_default().rows.push(row));
    }
    for (pair, (one, other)) in (0u16..).zip(OPPOSITES) {
        stems(one).for_each(|s| notions.entry(s).or_default().sides.push((pair, false)));
        stems(other).for_each(|s| notions.entry(s).or_default().sides.push((pair, true)));
    }
    notions
});

/// The notions of a stem.
pub(crate) fn notions(stem: &str) -> Option<&'static Notions> {
    NOTIONS.get(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_a_row(a: &str, b: &str) -> bool {
        let rows = |word| notions(stem(word)).map(|n| n.rows.clone()).unwrap_or_default();
        rows(a).iter().any(|r| rows(b).contains(r))
    }

    #[test]
    fn words_of_one_notion_meet_and_others_do_not() {
        assert!(
            share_a_row("temperature", "forecast") && share_a_row("purchasing", "buy") && share_a_row("film", "movies")
        );
        assert!(!share_a_row("temperature", "restaurant") && !share_a_row("lawyer", "song"));
    }

    #[test]
    fn opposites_take_different_sides() {
        let sides = |word| notions(stem(word)).map(|n| n.sides.clone()).unwrap_or_default();
        assert!(sides("highest").iter().any(|(p, s)| sides("lowest").contains(&(*p, !s))));
        assert!(sides("weather").is_empty());
    }
}
