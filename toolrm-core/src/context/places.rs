//! States and provinces that tools ask for behind a city: facts of the world, by name and by postal code.

use super::Words;

/// The states of the USA (and the District of Columbia), by postal code and folded name.
const STATES: [(&str, &str); 51] = [
    ("al", "alabama"),
    ("ak", "alaska"),
    ("az", "arizona"),
    ("ar", "arkansas"),
    ("ca", "california"),
    ("co", "colorado"),
    ("ct", "connecticut"),
    ("de", "delaware"),
    ("dc", "district of columbia"),
    ("fl", "florida"),
    ("ga", "georgia"),
    ("hi", "hawaii"),
    ("id", "idaho"),
    ("il", "illinois"),
    ("in", "indiana"),
    ("ia", "iowa"),
    ("ks", "kansas"),
    ("ky", "kentucky"),
    ("la", "louisiana"),
    ("me", "maine"),
    ("md", "maryland"),
    ("ma", "massachusetts"),
    ("mi", "michigan"),
    ("mn", "minnesota"),
    ("ms", "mississippi"),
    ("mo", "missouri"),
    ("mt", "montana"),
    ("ne", "nebraska"),
    ("nv", "nevada"),
    ("nh", "new hampshire"),
    ("nj", "new jersey"),
    ("nm", "new mexico"),
    ("ny", "new york"),
    ("nc", "north carolina"),
    ("nd", "north dakota"),
    ("oh", "ohio"),
    ("ok", "oklahoma"),
    ("or", "oregon"),
    ("pa", "pennsylvania"),
    ("ri", "rhode island"),
    ("sc", "south carolina"),
    ("sd", "south dakota"),
    ("tn", "tennessee"),
    ("tx", "texas"),
    ("ut", "utah"),
    ("vt", "vermont"),
    ("va", "virginia"),
    ("wa", "washington"),
    ("wv", "west virginia"),
    ("wi", "wisconsin"),
    ("wy", "wyoming"),
];

/// Large cities with the postal codes of their states: only such as no other large city shares the name of.
const CITIES: [(&str, &str); 72] = [
    ("albuquerque", "nm"),
    ("anaheim", "ca"),
    ("anchorage", "ak"),
    ("atlanta", "ga"),
    ("austin", "tx"),
    ("bakersfield", "ca"),
    ("baltimore", "md"),
    ("baton rouge", "la"),
    ("berkeley", "ca"),
    ("boise", "id"),
    ("boston", "ma"),
    ("buffalo", "ny"),
    ("charlotte", "nc"),
    ("chicago", "il"),
    ("cincinnati", "oh"),
    ("cleveland", "oh"),
    ("colorado springs", "co"),
    ("dallas", "tx"),
    ("denver", "co"),
    ("des moines", "ia"),
    ("detroit", "mi"),
    ("el paso", "tx"),
    ("fort worth", "tx"),
    ("fresno", "ca"),
    ("honolulu", "hi"),
    ("houston", "tx"),
    ("indianapolis", "in"),
    ("jacksonville", "fl"),
    ("las vegas", "nv"),
    ("long beach", "ca"),
    ("los angeles", "ca"),
    ("louisville", "ky"),
    ("memphis", "tn"),
    ("mesa", "az"),
    ("miami", "fl"),
    ("milwaukee", "wi"),
    ("minneapolis", "mn"),
    ("nashville", "tn"),
    ("new orleans", "la"),
    ("new york", "ny"),
    ("new york city", "ny"),
    ("norfolk", "va"),
    ("oakland", "ca"),
    ("oklahoma city", "ok"),
    ("omaha", "ne"),
    ("orlando", "fl"),
    ("palo alto", "ca"),
    ("philadelphia", "pa"),
    ("phoenix", "az"),
    ("pittsburgh", "pa"),
    ("raleigh", "nc"),
    ("reno", "nv"),
    ("sacramento", "ca"),
    ("salt lake city", "ut"),
    ("san antonio", "tx"),
    ("san diego", "ca"),
    ("san francisco", "ca"),
    ("san jose", "ca"),
    ("santa ana", "ca"),
    ("seattle", "wa"),
    ("spokane", "wa"),
    ("st louis", "mo"),
    ("stockton", "ca"),
    ("syracuse", "ny"),
    ("tampa", "fl"),
    ("toledo", "oh"),
    ("tucson", "az"),
    ("tulsa", "ok"),
    ("virginia beach", "va"),
    ("washington", "dc"),
    ("wichita", "ks"),
    ("wilmington", "de"),
];

/// Provinces and territories of Canada by postal code, which stand behind a city as states do.
const PROVINCES: [&str; 13] = ["ab", "bc", "mb", "nb", "nl", "ns", "nt", "nu", "on", "pe", "qc", "sk", "yt"];

/// The postal code of a state, given by its code or its name.
pub(crate) fn state_code(state: &Words) -> Option<&'static str> {
    let key = state.joined().trim();
    STATES.iter().find(|(code, name)| *code == key || *name == key).map(|(code, _)| *code)
}

/// The folded name of a state, given by its postal code.
pub(crate) fn state_name(code: &str) -> Option<&'static str> {
    STATES.iter().find(|(c, _)| *c == code).map(|(_, name)| *name)
}

/// Whether two letters are the code of a state or province that is written behind a city.
pub(crate) fn is_region_code(code: &str) -> bool {
    state_name(code).is_some() || PROVINCES.contains(&code)
}

/// The postal code of the state a large city lies in.
pub(crate) fn state_of_city(city: &Words) -> Option<&'static str> {
    let key = city.joined().trim();
    CITIES.binary_search_by(|(name, _)| (*name).cmp(key)).ok().and_then(|at| CITIES.get(at)).map(|(_, code)| *code)
}

/// The large cities of a state.
pub(crate) fn cities_of(code: &str) -> impl Iterator<Item = Words> {
    CITIES.iter().filter(move |(_, c)| *c == code).map(|(name, _)| Words::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_cities() {
        assert_eq!(state_code(&Words::new("New Jersey")), Some("nj"));
        assert_eq!(state_code(&Words::new("NJ")), Some("nj"));
        assert_eq!(state_code(&Words::new("Bavaria")), None);
        assert_eq!(state_of_city(&Words::new("Salt Lake City")), Some("ut"));
        assert_eq!(state_of_city(&Words::new("Lyon")), None);
        assert!(is_region_code("bc") && !is_region_code("fr"));
        assert!(CITIES.is_sorted_by_key(|(name, _)| *name), "looked up by bisection");
        assert!(CITIES.iter().all(|(_, code)| state_name(code).is_some()));
    }
}
