//! Many environments over time: projects, checks, revisions, promotion.
