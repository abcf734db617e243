//! web-upload
