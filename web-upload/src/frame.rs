//! What stands around every page: the vendor's name, the way to the other pages, who is signed in.

use signer::people::{AccountId, SignedIn};

use crate::portal::Portal;

/// The frame of one page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) vendor: String,
    pub(crate) who: Option<Who>,
    pub(crate) here: Here,
}

/// Who is signed in, and what the links in the head of the page lead to.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) email: String,
    pub(crate) staff: bool,
    /// The account that the page is about.
    pub(crate) account: Option<AccountLink>,
    /// All accounts of this person; shown to choose from when there are several.
    pub(crate) accounts: Vec<AccountLink>,
}

/// An account's name and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountLink {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Which link of the head leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Upload,
    Accounts,
    Installations,
    Record,
    Proposals,
    Elsewhere,
}

impl Frame {
    /// The frame of a page that belongs to no account in particular.
    pub(crate) fn new(portal: &Portal, signed_in: Option<&SignedIn>, here: Here) -> Frame {
        Frame { vendor: portal.signer().vendor().to_string(), who: signed_in.map(Who::of), here }
    }

    /// The same on a page about one account.
    pub(crate) fn about(mut self, account: &AccountId) -> Frame {
        if let Some(who) = &mut self.who {
            who.account = who.accounts.iter().find(|link| link.id == account.as_str()).cloned();
        }
        self
    }
}

impl Who {
    fn of(signed_in: &SignedIn) -> Who {
        let accounts: Vec<AccountLink> = signed_in
            .memberships
            .iter()
            .map(|membership| AccountLink {
                id: membership.account.id.to_string(),
                name: membership.account.name.to_string(),
            })
            .collect();
        Who {
            email: signed_in.user.email.to_string(),
            staff: signed_in.user.staff,
            account: accounts.first().cloned(),
            accounts,
        }
    }
}

#[cfg(test)]
impl Frame {
    /// A stranger, a customer of two accounts, and one of the staff.
    pub(crate) fn samples() -> [Frame; 3] {
        let link = |id: &str, name: &str| AccountLink { id: id.to_owned(), name: name.to_owned() };
        let accounts = vec![link("0193f2a0-a", "Contoso <Ltd>"), link("0193f2a0-b", "Fabrikam")];
        let frame = |who| Frame { vendor: "Northwind Software".to_owned(), who, here: Here::Upload };
        [
            frame(None),
            frame(Some(Who {
                email: "ana@contoso.example".to_owned(),
                staff: false,
                account: accounts.first().cloned(),
                accounts,
            })),
            frame(Some(Who {
                email: "sam@northwind.example".to_owned(),
                staff: true,
                account: None,
                accounts: Vec::new(),
            })),
        ]
    }
}
